"""Signs of life in a stream of which nothing comes for a while, as from a model that thinks for long.

Clients, and what stands between, give up a connection on which nothing is heard.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType

SECONDS = 10.0


class Silence:
    """While it is entered, `sign` is sent after each silence of so many seconds to twice as many. Nothing is if there
    is no sign, for dialects whose clients bear none."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], sign: bytes) -> None:
        self.heard = True
        """To be set with whatever comes."""
        self._send = send
        self._sign = sign
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    def __enter__(self) -> Silence:
        if self._sign:
            self._wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._telling is not None:
            self._telling.cancel()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self._look)

    def _look(self) -> None:
        if not self.heard:
            self._telling = asyncio.get_running_loop().create_task(self._tell())
        self.heard = False
        self._wait()

    async def _tell(self) -> None:
        with contextlib.suppress(OSError):  # the client is gone: whoever waits for the answer is told so
            await self._send(self._sign)
