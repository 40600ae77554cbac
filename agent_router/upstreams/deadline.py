"""How long an answer may take: until it begins, then from one of its pieces to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `close` when `seconds` have passed, and sets `expired`.

    One timer for an answer's whole life: it looks again when it is due instead of being set anew at each piece, which
    would cost more than relaying the piece. `asyncio.timeout` costs five times as much.
    """

    __slots__ = ("_close", "_loop", "_seconds", "_timer", "_until", "expired")

    def __init__(self, close: Callable[[], None], seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._close = close
        self._seconds = seconds
        self._until = self._loop.time() + seconds
        self._timer: asyncio.TimerHandle | None = self._loop.call_at(self._until, self._look)
        self.expired = False

    @property
    def seconds(self) -> float:
        """How long it allows."""
        return self._seconds

    def allow(self, seconds: float) -> None:
        """So long from now on."""
        self._seconds = seconds
        self.extend()
        if self._timer is None or self._timer.when() > self._until:
            self.cancel()
            self._timer = self._loop.call_at(self._until, self._look)

    def extend(self) -> None:
        """Something came: the time begins anew."""
        self._until = self._loop.time() + self._seconds

    def cancel(self) -> None:
        """It no longer matters."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look)
        else:
            self._timer = None
            self.expired = True
            self._close()
