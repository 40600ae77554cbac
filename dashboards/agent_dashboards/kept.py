"""What was read from the ledger, kept for two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

KEPT_S = 2.0
MOST = 256  # answers

Answer = TypeVar("Answer")


class Kept:
    """Answers by what was asked. However many pages ask, a thing is read at most once every two seconds."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}

    async def get(self, asked: Hashable, read: Callable[[], Answer]) -> Answer:
        """What `read` gives, in a thread; `asked` says what that is. Raises what it raises."""
        kept = self._kept.get(asked)
        if kept is None or (kept[1].done() and time.monotonic() - kept[0] > KEPT_S):
            self._kept.pop(asked, None)
            if len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            kept = self._kept[asked] = (time.monotonic(), asyncio.create_task(asyncio.to_thread(read)))
        answer: Answer = await asyncio.shield(kept[1])  # one that leaves does not take the others' answer along
        return answer

    def clear(self) -> None:
        """Forget all answers: something has been changed."""
        self._kept.clear()
