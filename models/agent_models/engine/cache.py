"""The sequences in the KV cache: those that run, and those that are kept because a later prompt may begin alike."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

from agent_models.engine.parked import Parked
from agent_models.engine.prefix_tree import PrefixTree


class Cells(Protocol):
    """What the cache needs of llama.cpp's context."""

    cells: int
    sequences: int

    def copy(self, source: int, target: int, length: int) -> None: ...

    def cut(self, sequence: int, length: int) -> bool: ...

    def drop(self, sequence: int) -> None: ...

    def clear(self) -> None: ...

    def state_size(self, sequence: int) -> int: ...

    def state(self, sequence: int) -> bytearray: ...

    def restore(self, sequence: int, data: Any, size: int) -> bool: ...


MOST_IDLE = 64
"""Cells that no running request uses, but that may stay beside theirs: each makes every step a little slower."""
BRIEF = 128 * 1024**2
"""Bytes that are copied in less than a tenth of a second."""
SHORT = 256
"""So many tokens are quickly read again."""
# What is spared must be so many tokens, and so large a part of what is copied.
_LEAST_SPARED, _SPARED_PART = 16, 1 / 50


@dataclass(slots=True)
class _Kept:
    used: float  # when a request last began from it, or it was left
    hits: int  # how often one did


class Cache:
    """Opens a sequence for each request, from the longest beginning that is held.

    `whole_only`: the model has a recurrent state, which cannot be cut back: only a sequence that a prompt contains
    whole can be gone on from, so that a prefix of use to others must be kept by itself, with `fork`. What was read with
    one adapter is of no use to another: each has a tree of its own.
    """

    def __init__(
        self,
        cells: Cells,
        *,
        whole_only: bool = False,
        parked: Parked | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`parked` takes what would only be in the way of running requests, or has to give way to them."""
        self._cells = cells
        self.whole_only = whole_only
        self.parked = None if whole_only else parked
        self._now = now
        self._trees: defaultdict[Hashable, PrefixTree] = defaultdict(PrefixTree)  # by adapter
        self._of: dict[int, PrefixTree] = {}  # the one that a sequence is in
        self._free = list(range(cells.sequences))[::-1]
        self._kept: dict[int, _Kept] = {}

    @property
    def used(self) -> int:
        """Cells in use."""
        return sum(tree.cells for tree in self._trees.values())

    @property
    def free(self) -> int:
        """Sequences that hold nothing."""
        return len(self._free)

    @property
    def kept(self) -> Collection[int]:
        """Sequences that nobody uses now."""
        return self._kept.keys()

    @property
    def room(self) -> int:
        """Cells that are free, or would be if all that is kept were given up."""
        return self._cells.cells - self._used_by(self._of.keys() - self._kept.keys())

    def _used_by(self, sequences: Set[int]) -> int:
        return sum(tree.held_by(sequences) for tree in self._trees.values())

    def match(self, prompt: Sequence[int], adapter: Hashable = None) -> int:
        """How many tokens of the prompt need not be read. At least its last one must, because only that yields
        logits."""
        length = self._match(prompt[:-1], adapter)[0]
        if self.parked is None or adapter is not None:
            return length
        return max(length, self.parked.match(prompt[:-1]))

    def shared(self, prompt: Sequence[int], adapter: Hashable = None) -> int:
        """How many tokens of the prompt somebody holds, also where they cannot be gone on from."""
        return self._trees[adapter].match(prompt).length

    def open(self, prompt: Sequence[int], adapter: Hashable = None) -> tuple[int, int] | None:
        """A sequence for this prompt, and how many of its tokens it holds already; None if none is left."""
        if adapter is None:
            self._unpark(prompt[:-1])
        opened = self._branch(prompt, adapter)
        self._tidy(others=len(self._of) - len(self._kept) - 1)
        return opened

    def _unpark(self, prompt: Sequence[int]) -> None:
        """Bring back what was set aside, if that spares much."""
        found = self.parked.find(prompt) if self.parked is not None else None
        if found is None:
            return
        spared = found.length - self._match(prompt, None)[0]
        if spared >= max(_LEAST_SPARED, len(found.tokens) * _SPARED_PART):
            self.restore(found.tokens, lambda sequence: self._cells.restore(sequence, found.state, len(found.state)))

    def _branch(self, prompt: Sequence[int], adapter: Hashable) -> tuple[int, int] | None:
        """From the sequence that holds most of it."""
        length, holder = self._match(prompt[:-1], adapter)
        if holder is not None and holder in self._kept:
            kept = self._kept[holder]
            kept.used, kept.hits = self._now(), kept.hits + 1
        if not self._free and not self.give_up(besides=holder):
            if holder is None or not self.give_up():
                return None
            length, holder = self._match(prompt[:-1], adapter)  # the very one that it would have begun from
        sequence = self._free.pop()
        if holder is not None:
            self._cells.copy(holder, sequence, length)
        self._begin(sequence, prompt, length, self._trees[adapter])
        return sequence, length

    def _begin(self, sequence: int, prompt: Sequence[int], length: int, tree: PrefixTree) -> None:
        self._of[sequence] = tree
        tree.begin(sequence, prompt, length)

    def restore(self, tokens: Sequence[int], put: Callable[[int], bool]) -> bool | None:
        """Keep a sequence of these tokens that `put` loads into the id it is given. None if there is no room for it,
        False if it was not taken."""
        if (not self._free and not self.give_up()) or not self.make_room(len(tokens)):
            return None
        sequence = self._free.pop()
        if not put(sequence):
            self._cells.drop(sequence)
            self._free.append(sequence)
            return False
        self._begin(sequence, (), 0, self._trees[None])
        self._of[sequence].extend(sequence, tokens)
        self._kept[sequence] = _Kept(self._now(), 0)
        return True

    def borrow(self, tokens: Sequence[int]) -> int | None:
        """A sequence of just these tokens, if they are held: to be dropped soon."""
        length, holder = self._match(tokens, None)
        if length < len(tokens) or holder is None or not self._free:
            return None
        sequence = self._free.pop()
        self._cells.copy(holder, sequence, length)
        self._begin(sequence, tokens, length, self._trees[None])
        return sequence

    def fork(self, sequence: int) -> None:
        """Keep what the sequence holds now, while it goes on. Nothing is done where no other sequence is to be had."""
        tree, tokens = self._of[sequence], self.tokens(sequence)
        if not self._free and not self.give_up():
            return
        copy = self._free.pop()
        self._cells.copy(sequence, copy, len(tokens))
        self._begin(copy, tokens, len(tokens), tree)
        self._kept[copy] = _Kept(self._now(), 0)

    def held(self, sequence: int) -> int:
        """How many tokens the sequence holds."""
        return self._of[sequence].length(sequence)

    def tokens(self, sequence: int) -> list[int]:
        """What the sequence holds."""
        return self._of[sequence].tokens(sequence)

    def extend(self, sequence: int, tokens: Sequence[int]) -> None:
        """These were evaluated."""
        self._of[sequence].extend(sequence, tokens)

    def cut(self, sequence: int, length: int) -> None:
        """The sequence holds only its first `length` tokens."""
        self._cells.cut(sequence, length)
        self._of[sequence].cut(sequence, length)

    def leave(self, sequence: int) -> None:
        """A request is done with its sequence; what it holds is kept for the next, unless another holds all of it."""
        if not self._of[sequence].length(sequence) or self._of[sequence].contained(sequence):
            self.drop(sequence)
        else:
            self._kept[sequence] = _Kept(self._now(), 0)
            self._tidy(others=len(self._of) - len(self._kept))

    def _tidy(self, others: int) -> None:
        """While requests run, few cells may be in use that none of them uses. `others`: how many may be writing now."""
        running = self._of.keys() - self._kept.keys()
        if self.parked is None or not running:
            return
        left = BRIEF if others else sys.maxsize
        for each in sorted(self._kept, key=self._worth):
            if self.used - self._used_by(running) <= MOST_IDLE:
                break
            size = self._cells.state_size(each)
            if size <= left and self._park(each, size):
                self.drop(each)
                left -= size

    def _park(self, sequence: int, size: int) -> bool:
        """Set it aside, so many bytes, unless that would spare little later on; False if there is no place for it."""
        tokens = self.tokens(sequence)
        if self.parked is None or self._of[sequence] is not self._trees[None]:
            return False
        spared = len(tokens) - self.parked.match(tokens)
        if spared >= min(SHORT, len(tokens) / 4):
            if not self.parked.takes(size):
                return False
            self.parked.put(tokens, self._cells.state(sequence))
        return True

    def drop(self, sequence: int) -> None:
        """Nothing of it is kept; its cells are free at once."""
        self._kept.pop(sequence, None)
        self._cells.drop(sequence)
        self._of.pop(sequence).drop(sequence)
        self._free.append(sequence)

    def make_room(self, cells: int) -> bool:
        """Give up what is kept, the least valuable first, until so many cells are free; whether that came true."""
        while self._cells.cells - self.used < cells:
            if not self.give_up():
                return False
        return True

    def clear(self) -> None:
        """Nobody holds anything. Only when nothing runs."""
        if self.parked is not None:
            self.parked.clear()
        self._cells.clear()
        self._trees.clear()
        self._of.clear()
        self._kept.clear()
        self._free = list(range(self._cells.sequences))[::-1]

    def _match(self, prompt: Sequence[int], adapter: Hashable) -> tuple[int, int | None]:
        tree = self._trees[adapter]
        if not self.whole_only:
            return tree.match(prompt)
        best: tuple[int, int | None] = (0, None)
        for sequence in tree:
            length = tree.length(sequence)
            if best[0] < length <= len(prompt) and tree.tokens(sequence) == list(prompt[:length]):
                best = (length, sequence)
        return best

    def give_up(self, besides: int | None = None) -> bool:
        """Give up the kept sequence that is worth the least; False if none is kept."""
        candidates = [sequence for sequence in self._kept if sequence != besides]
        if not candidates:
            return False
        least = min(candidates, key=self._worth)
        if self.parked is not None:
            self._park(least, self._cells.state_size(least))
        self.drop(least)
        return True

    def _worth(self, sequence: int) -> float:
        # To read its own cells again takes time in proportion to their number, and they give as much room: what is left
        # is how often and how lately it was used.
        kept = self._kept[sequence]
        return (1 + kept.hits) / (1 + self._now() - kept.used)
