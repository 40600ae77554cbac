"""Families: requests that ask the same thing in the same form.

A first, simple notion: the kind of call, recognised by a few signatures, and a salted hash of its masked beginning.
The hash says nothing about the text to anyone without this installation's salt.
"""

from __future__ import annotations

import hashlib
import re
from fnmatch import fnmatchcase
from itertools import islice
from typing import Literal

from msgspec import Struct

from agent_router.routing.ask import ask, system_prompt
from agent_router.wire.chat.body import ChatBody

Kind = Literal["heartbeat", "title", "commit", "summary", "json", "call", "ask"]

# Nobody waits for these.
BACKGROUND: frozenset[Kind] = frozenset({"heartbeat", "title", "commit", "summary"})

# What is masked (group 1), or else a token. Read from the front, token by token: a family needs the first dozen.
_PIECE = re.compile(
    r"(```.*?(?:```|\Z)"  # code
    r"|https?://\S+"  # addresses
    r"|\"[^\"\n]*\"|`[^`\n]*`"  # quoted
    r"|(?:[~.]{0,2}/|[A-Za-z]:\\)[\w./\\-]+"  # paths
    r"|\b[0-9a-f]{8}[0-9a-f-]*\b|\d[\d.,:/-]*)"  # ids, numbers, dates
    r"|\w+(?:@\S+)?|[^\w\s]",
    re.DOTALL,
)
# A side call by a word of its instruction. The word is looked for first: a search costs a tenth of a match.
_SIGNATURES: tuple[tuple[Kind, tuple[str, ...], re.Pattern[str]], ...] = (
    ("commit", ("commit message",), re.compile(r"\bcommit message")),
    ("title", ("title", "topic"), re.compile(r"\b(?:title|topic)\b")),
    ("summary", ("summar", "compact"), re.compile(r"\b(?:summari[sz]e|summary|compact)")),
)
_SIDE_CALL_SYSTEM = 4096  # characters: a side call has a short system prompt of its own, and no tools


class Family(Struct, frozen=True):
    """`name` is kind and salted hash, as in `title-3f9a12bc`; `masked` is the text it was made from, kept in
    memory only, to be compared with the configuration's patterns."""

    name: str
    kind: Kind
    masked: str

    def listed(self, patterns: list[str]) -> bool:
        """Whether a pattern of `local_families` names it, by its name or by how its masked ask begins."""
        return any(
            fnmatchcase(self.name, pattern) or (len(pattern) > 3 and fnmatchcase(self.masked, pattern.lower() + "*"))
            for pattern in patterns
        )


def mask(text: str, tokens: int) -> str:
    """The first `tokens` tokens of a text, lower case, with numbers, paths, quotes and the like masked."""
    found = []
    for piece in islice(_PIECE.finditer(text[:1024]), tokens):
        token = piece.group()
        found.append("_" if piece.lastindex or "@" in token else token)
    return " ".join(found).lower()


def family(body: ChatBody, salt: bytes) -> Family:
    """The family of a request."""
    asked, system = ask(body), system_prompt(body)
    kind = _kind(body, asked, system)
    # A side call's fixed system prompt is what is asked; its user turn is the material.
    side_call = kind in BACKGROUND and kind != "heartbeat" and system and not body.tools
    masked = mask(system if side_call else asked, 12)
    digest = hashlib.blake2b(masked.encode("utf-8", "replace"), digest_size=4, key=salt[:64]).hexdigest()
    return Family(f"{kind}-{digest}", kind, masked)


def _kind(body: ChatBody, asked: str, system: str) -> Kind:
    if "heartbeat" in asked[:256].lower():
        return "heartbeat"
    if not body.tools:
        instruction = (system if 0 < len(system) <= _SIDE_CALL_SYSTEM else asked[:512]).lower()
        for kind, words, pattern in _SIGNATURES:
            if any(word in instruction for word in words) and pattern.search(instruction):
                return kind
    if body.response_format is not None and body.response_format.type != "text":
        return "json"
    return "call" if body.tools else "ask"
