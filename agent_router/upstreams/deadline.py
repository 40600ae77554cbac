"""How long an answer may take: until it begins, then from one of its pieces to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `close` when `seconds` have passed, and sets `expired`. It can rest: while it does, no time passes.

    One timer for an answer's whole life: it looks again when it is due instead of being set anew at each piece, which
    would cost more than relaying the piece. `asyncio.timeout` costs five times as much.
    """

    __slots__ = ("_loop", "_resting", "_seconds", "_timer", "_until", "close", "expired")

    def __init__(self, close: Callable[[], None], seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self.close = close
        self._resting = False
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
        self.begin()
        if self._timer is None or self._timer.when() > self._until:
            self.cancel()
            self._timer = self._loop.call_at(self._until, self._look)

    def begin(self) -> None:
        """The time begins anew, and passes."""
        self._resting = False
        self._until = self._loop.time() + self._seconds

    def rest(self) -> None:
        """No time passes until it begins anew."""
        self._resting = True

    def cancel(self) -> None:
        """It no longer matters."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._resting:
            self._timer = self._loop.call_later(self._seconds, self._look)
        elif self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look)
        else:
            self._timer = None
            self.expired = True
            self.close()
