"""The nodes of the template tree that a request belongs to: what repeats in it, from the general to the special.

A node is a salted hash of masked words, so that what is kept says nothing about a text to anyone without this
installation's salt. The design and what it was measured against: an agent's envelope alone or the ask alone shatter or
mislead, masked beginnings of both are warm for nearly every repeated request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from agent_router.routing.mask import mask

SYSTEM_TOKENS = 20
SHORT_TOKENS, LONG_TOKENS = 3, 8
_END = 400  # characters of an ask in which its last words are looked for


class Asked(NamedTuple):
    """What a request asks, without its wrapping. `tools` and `schema` are names."""

    system: str
    ask: str
    tools: Sequence[str] = ()
    schema: Sequence[str] = ()


class Nodes(NamedTuple):
    """Ids of the nodes. `chains` go from the general to the special: by how the ask begins within the agent's envelope,
    by how it begins whatever wraps it, and by how it ends within the envelope."""

    chains: tuple[tuple[int, ...], ...]

    @property
    def template(self) -> int:
        """The ask's own template, whatever agent wraps it."""
        return self.chains[1][-1]

    @property
    def special(self) -> tuple[int, ...]:
        """Those that say something of the ask, and not only of the agent."""
        by_agent, by_ask, by_end = self.chains
        return (*by_agent[1:], *by_ask, *by_end[1:])


def nodes(asked: Asked, salt: bytes = b"") -> Nodes:
    """The nodes of a request."""

    def node(*parts: str) -> int:
        text = "\x1f".join(parts).encode("utf-8", "replace")
        return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=salt[:64]).digest(), "big")

    begins = mask(asked.ask, LONG_TOKENS)
    short = " ".join(begins.split(" ")[:SHORT_TOKENS])
    agent = "\x1e".join((mask(asked.system, SYSTEM_TOKENS), " ".join(asked.tools), " ".join(asked.schema)))
    return Nodes(
        (
            (node("agent", agent), node("short", agent, short), node("long", agent, begins)),
            (node("own short", short), node("own", begins)),
            (node("agent's end", agent), node("end", agent, _last(asked.ask))),
        )
    )


def _last(ask: str) -> str:
    return " ".join(mask(ask[-_END:], 96).split(" ")[-LONG_TOKENS:])
