"""Families: requests that ask the same thing in the same form.

A first, simple notion: the kind of call, recognised by a few signatures, and a salted hash of its masked beginning.
The hash says nothing about the text to anyone without this installation's salt.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from agent_router.routing.ask import ask, system_prompt
from agent_router.routing.mask import mask
from agent_router.wire.chat.body import ChatBody

Kind = Literal["heartbeat", "title", "commit", "summary", "json", "call", "ask", "embedding"]

# Nobody waits for these.
BACKGROUND: frozenset[Kind] = frozenset({"heartbeat", "title", "commit", "summary"})

_TOKENS = 12
_SIDE_CALL_SYSTEM = 4096  # characters: a side call has a short system prompt of its own, and no tools
_SIDE_CALL_ASK = 512  # characters of a user turn in which a side call's instruction begins

# All on lower-case text. What a heartbeat says of itself; a question about heartbeats does not.
_HEARTBEAT = re.compile(r"\s*\[[^\]\n]{0,60}\bheartbeat\b|.{0,200}\bheartbeat(?:_ok\b|\.md\b)", re.DOTALL)
_TITLE = re.compile(
    r"\b(?:generate|write|create|give|suggest|produce|provide|return|output|extract|make|come up with|determine)\b"
    r"[^.\n]{0,80}\b(?:title|topic)s?\b"
    r"|\b(?:title|topic) generator\b"
    r"|\b(?:title|topic)s?\b[^.\n]{0,40}\b(?:conversation|session|chat|thread)\b"
)
_SUMMARY = re.compile(r"\b(?:summari[sz](?:e|er|ing)|summary|compaction|compact the)\b")
# In a user turn: a person may ask for a title or a summary too, but hardly of the conversation itself.
_OF_THE_CONVERSATION = re.compile(r"\b(?:conversation|session|chat|thread|transcript|history|messages|context)\b")


class Family(Struct, frozen=True):
    """`name` is kind and salted hash, as in `title-3f9a12bc`; `masked` is the text it was made from, kept in
    memory only, to be compared with the configuration's patterns."""

    name: str
    kind: Kind
    masked: str
    label: str = ""

    def listed(self, patterns: Sequence[str]) -> bool:
        """Whether a pattern of `local_families` names it, by its name or by how its ask begins."""
        return any(fnmatchcase(self.name, pattern) or self._begins(pattern) for pattern in patterns)

    def _begins(self, pattern: str) -> bool:
        return len(pattern) > 3 and self.masked.startswith(_beginning(pattern))


@lru_cache(maxsize=256)
def _beginning(pattern: str) -> str:
    return mask(pattern.rstrip("*"), _TOKENS)


# What is embedded is material: nothing is asked of it by which it could be told apart.
EMBEDDING = Family("embedding", "embedding", "")


def family(body: ChatBody, salt: bytes) -> Family:
    """The family of a request."""
    return _family(*_kind(body), salt)


@lru_cache(maxsize=512)  # what agents ask again and again they ask in the same words
def _family(kind: Kind, instruction: str, salt: bytes) -> Family:
    masked = mask(instruction, _TOKENS)
    digest = hashlib.blake2b(masked.encode("utf-8", "replace"), digest_size=4, key=salt[:64]).hexdigest()
    return Family(f"{kind}-{digest}", kind, masked)


def _kind(body: ChatBody) -> tuple[Kind, str]:
    """The kind of a call, and the text that says what is asked: of a side call with a system prompt of its own that
    prompt, because its user turn is only the material."""
    asked = ask(body)
    opening = asked[:256].lower()
    if "heartbeat" in opening and _HEARTBEAT.match(opening):
        return "heartbeat", asked
    if not body.tools or body.tool_choice == "none":
        system = system_prompt(body)
        if 0 < len(system) <= _SIDE_CALL_SYSTEM and (kind := _side_call(system.lower())):
            return kind, system
        beginning = asked[:_SIDE_CALL_ASK].lower()
        kind = _side_call(beginning)
        if kind == "commit" or (kind and _OF_THE_CONVERSATION.search(beginning)):
            return kind, asked
    if body.response_format is not None and body.response_format.type != "text":
        return "json", asked
    return ("call" if body.tools else "ask"), asked


def _side_call(instruction: str) -> Kind | None:
    # `in` first: most texts hold none of the words, and it is a hundred times as fast.
    if "commit message" in instruction:
        return "commit"
    if ("title" in instruction or "topic" in instruction) and _TITLE.search(instruction):
        return "title"
    if ("summar" in instruction or "compact" in instruction) and _SUMMARY.search(instruction):
        return "summary"
    return None
