"""Things that happened, in order, for a test to wait for instead of sleeping."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """Holds the last `keep` things; each one is handed out once by `next`."""

    def __init__(self, name: str, keep: int) -> None:
        self.all: deque[T] = deque(maxlen=keep)
        self._name = name
        self._new: deque[T] = deque(maxlen=keep)
        self._waiting: deque[asyncio.Future[None]] = deque()

    def put(self, thing: T) -> None:
        self.all.append(thing)
        self._new.append(thing)
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break

    async def next(self, timeout: float) -> T:
        """The next thing that was not handed out yet. TimeoutError says what did not happen."""
        try:
            async with asyncio.timeout(timeout):
                while not self._new:
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiting.append(waiter)
                    await waiter
        except TimeoutError:
            raise TimeoutError(f"no {self._name} within {timeout:g} s; {len(self.all)} before") from None
        return self._new.popleft()

    def clear(self) -> None:
        self.all.clear()
        self._new.clear()
