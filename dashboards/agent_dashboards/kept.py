"""What was read from the ledger, kept for a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

KEPT_S = 2.0
"""How long an answer is kept."""
SHARE = 0.05
"""Of the time, that may be spent on reading one thing again and again: what takes long is kept longer,"""
LONGEST_S = 10.0
"""but not longer than this."""
MOST = 256  # answers
THREADS = 2

Answer = TypeVar("Answer")


class Kept:
    """Answers by what was asked. However many pages ask, a thing is read at most once every two seconds, and one that
    takes long once every ten."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Reading] = {}
        # Threads of its own: what else the router does in threads does not wait for pages.
        self._threads = ThreadPoolExecutor(THREADS, "pages")

    async def get(self, asked: Hashable, read: Callable[[], Answer]) -> Answer:
        """What `read` gives, in a thread; `asked` says what that is. Raises what it raises."""
        kept = self._kept.get(asked)
        if kept is None or kept.old:
            self._kept.pop(asked, None)
            if len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            kept = self._kept[asked] = _Reading(read, self._threads)
        answer: Answer = await asyncio.shield(kept.task)  # one that leaves does not take the others' answer along
        return answer

    def clear(self) -> None:
        """Forget all answers: something has been changed."""
        self._kept.clear()


class _Reading:
    """What is being read, or was."""

    def __init__(self, read: Callable[[], Any], threads: ThreadPoolExecutor) -> None:
        self._began = time.monotonic()
        self._took = 0.0
        self.task = asyncio.get_running_loop().run_in_executor(threads, self._run, read)

    @property
    def old(self) -> bool:
        """Whether it is to be read anew."""
        kept = max(KEPT_S, min(self._took / SHARE, LONGEST_S))
        return self.task.done() and time.monotonic() - self._began > kept

    def _run(self, read: Callable[[], Any]) -> Any:
        began = time.monotonic()  # it may have waited for a thread
        try:
            return read()
        finally:
            self._took = time.monotonic() - began
