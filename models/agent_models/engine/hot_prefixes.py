"""Which prefixes are worth saving, and bringing them back. Worker only."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Sequence

from agent_models.engine.cache import Cache
from agent_models.engine.context import Context
from agent_models.engine.saved_prefixes import BLOCK, SHORTEST, SavedPrefixes

HOT = 3
"""Requests that began from a prefix before it is saved: a conversation that grows begins from another each time."""
_COUNTED = 256  # prefixes


class HotPrefixes:
    """Between the cache in memory and the prefixes on disk."""

    def __init__(self, saved: SavedPrefixes, cache: Cache, context: Context) -> None:
        self._saved, self._cache, self._context = saved, cache, context
        self._uses: OrderedDict[str, int] = OrderedDict()
        self._due: list[int] | None = None

    def bring(self, prompt: Sequence[int]) -> None:
        """Load the longest saved beginning of a prompt, if that spares reading."""
        length = self._saved.longest(prompt[:-1])
        if length < self._cache.match(prompt) + BLOCK:
            return
        tokens = list(prompt[:length])
        found = self._saved.load(tokens)
        if found is None:
            return
        mapped, start, size = found
        with memoryview(mapped) as view, view[start:] as state:
            if self._cache.restore(tokens, lambda sequence: self._context.restore(sequence, state, size)) is False:
                self._saved.forget(tokens)  # of a context with other settings
        mapped.close()

    def used(self, prompt: Sequence[int], held: int) -> None:
        """A request began from the first `held` tokens of its prompt."""
        length = held // BLOCK * BLOCK
        if length < SHORTEST:
            return
        tokens = list(prompt[:length])
        name = self._saved.name(tokens)
        self._uses[name] = self._uses.get(name, 0) + 1
        self._uses.move_to_end(name)
        if len(self._uses) > _COUNTED:
            self._uses.popitem(last=False)
        if self._uses[name] >= HOT and not self._saved.has(tokens):
            self._due = tokens

    def save(self) -> bool:
        """Save what is due, if anything is; whether something was. For moments in which nothing else is to do."""
        tokens, self._due = self._due, None
        sequence = self._cache.borrow(tokens) if tokens else None
        if tokens is None or sequence is None:
            return False
        try:
            self._saved.save(tokens, self._context.state(sequence))
        except OSError as error:
            sys.stderr.write(f"A prefix could not be saved: {error.strerror}.\n")
        finally:
            self._cache.drop(sequence)
        return True
