"""Sequences set aside in main memory. Worker only.

Every step looks at all cells in use, also at those of sequences that nobody uses now: a few thousand of them cost a
small model a tenth of its speed. To copy a sequence out of the KV cache, and back when a prompt begins like it, takes
about as long as ten steps take longer with it, and a thousandth of reading it again.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from agent_models.engine.prefix_tree import PrefixTree


class Found(NamedTuple):
    """The sequence that a prompt shares most with: how many tokens, its own tokens, and llama.cpp's state of it."""

    length: int
    tokens: list[int]
    state: bytearray


class Parked:
    """At most `budget` bytes of them; those used longest ago go first."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._tree = PrefixTree()
        self._states: OrderedDict[int, bytearray] = OrderedDict()  # by use, the latest last
        self._ids = itertools.count()
        self.bytes = 0
        """What they take."""

    def __len__(self) -> int:
        return len(self._states)

    def match(self, prompt: Sequence[int]) -> int:
        """How many tokens of the prompt one of them begins with."""
        return self._tree.match(prompt).length

    def find(self, prompt: Sequence[int]) -> Found | None:
        """The one that shares most with the prompt."""
        length, identity = self._tree.match(prompt)
        if identity is None:
            return None
        self._states.move_to_end(identity)
        return Found(length, self._tree.tokens(identity), self._states[identity])

    def takes(self, size: int) -> bool:
        """Whether so many bytes are not more than it has room for."""
        return size <= self._budget

    def put(self, tokens: Sequence[int], state: bytearray) -> None:
        """Keep this one. One that it begins with is of no more use."""
        if self.match(tokens) == len(tokens):
            return
        while self._states and self.bytes + len(state) > self._budget:
            self._drop(next(iter(self._states)))
        shared, holder = self._tree.match(tokens)
        identity = next(self._ids)
        self._tree.begin(identity, tokens, shared)
        self._tree.extend(identity, tokens[shared:])
        self._states[identity] = state
        self.bytes += len(state)
        # There can be one at most: those before it went when it came.
        if holder is not None and self._tree.length(holder) == shared:
            self._drop(holder)

    def clear(self) -> None:
        """Nothing is set aside."""
        self._tree.clear()
        self._states.clear()
        self.bytes = 0

    def _drop(self, identity: int) -> None:
        self._tree.drop(identity)
        self.bytes -= len(self._states.pop(identity))
