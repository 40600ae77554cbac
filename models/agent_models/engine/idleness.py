"""Notices that a model has not been used for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Idleness:
    """Calls `over` when `since()` (monotonic seconds; None: it is in use) lies `seconds` back. 0 seconds: never.

    One timer that looks again, instead of one for each request.
    """

    def __init__(self, seconds: float, since: Callable[[], float | None], over: Callable[[], None]) -> None:
        self._seconds, self._since, self._over = seconds, since, over
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Look from now on, until it was over or is stopped."""
        if self._seconds and self._timer is None:
            self._wait(self._seconds)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        since = self._since()
        left = self._seconds if since is None else since + self._seconds - time.monotonic()
        if left > 0:
            self._wait(left)
        else:
            self._over()
