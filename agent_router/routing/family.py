"""Families: requests that ask the same thing in the same form, whatever agent wraps it.

The kind of request, and a salted hash of the masked beginning of what is asked. The hash says nothing about the text
to anyone without this installation's salt, and the label has no words but those of a packaged list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from msgspec import Struct

from agent_router.routing.ask import Ask, ask
from agent_router.routing.kind import BACKGROUND, Kind
from agent_router.routing.label import label
from agent_router.routing.mask import mask
from agent_router.routing.prompt import Prompt
from agent_router.routing.side_call import SideCall, side_call

__all__ = ["BACKGROUND", "EMBEDDING", "Family", "Kind", "family", "instruction", "named"]

_TOKENS = 12  # of `masked`, for patterns
_NAMED = 8  # of these, what the name is made of: as many as the estimate's longest template has


class Family(Struct, frozen=True):
    """`name` is kind and salted hash, as in `title-3f9a12bc`; `label` says in common words what is asked, for people,
    as in "summarize … email"; `masked` is the text it was made from, kept in memory only, to be compared with the
    configuration's patterns."""

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


def instruction(prompt: Prompt, asked: Ask, told: Kind | None = None) -> SideCall:
    """The kind of a prompt, and the text that says what is asked: of a side call its fixed instruction, because its
    user turn is only the material. `told` is what the agent itself calls it."""
    return side_call(prompt, asked, told) or SideCall("json" if prompt.structured else "ask", asked.text)


def family(prompt: Prompt, salt: bytes) -> Family:
    """The family of a prompt."""
    return named(*instruction(prompt, ask(prompt)), salt)


def named(kind: Kind, instruction: str, salt: bytes) -> Family:
    """The family of a kind and of the text that says what is asked."""
    return _named(kind, mask(instruction, _TOKENS), salt)


@lru_cache(maxsize=4096)  # of masked text only: what agents ask again and again they ask in the same words
def _named(kind: Kind, masked: str, salt: bytes) -> Family:
    template = " ".join(masked.split(" ")[:_NAMED])
    digest = hashlib.blake2b(template.encode("utf-8", "replace"), digest_size=4, key=salt[:64]).hexdigest()
    return Family(f"{kind}-{digest}", kind, masked, label(masked))
