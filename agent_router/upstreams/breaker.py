"""Circuit breaker: an upstream that keeps failing is left alone for a while, then tried with one request."""

from __future__ import annotations

import time
from collections.abc import Callable

THRESHOLD = 3  # faults in a row
FIRST_REST = 15.0  # seconds; doubled for each failed probe
LONGEST_REST = 60.0


class Breaker:
    """closed (all pass) → open (none pass) → half-open (one passes: the probe) → closed or open again.

    A rate limit with `retry-after` opens it for just so long, without counting as a fault.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._faults = 0
        self._rest = FIRST_REST
        self._open_until = 0.0
        self._tripped = False
        self._probing = False

    @property
    def state(self) -> str:
        """closed | open | half-open."""
        if self._now() < self._open_until:
            return "open"
        return "half-open" if self._tripped else "closed"

    def wait(self) -> float:
        """Seconds until a request may pass; 0 if it may now. Asking does not take the probe."""
        remaining = self._open_until - self._now()
        if remaining > 0:
            return remaining
        return 1.0 if self._tripped and self._probing else 0.0

    def enter(self) -> None:
        """A request passes; in half-open it is the probe."""
        if self._tripped:
            self._probing = True

    def success(self) -> None:
        """The upstream answered."""
        self._faults = 0
        self._rest = FIRST_REST
        self._tripped = self._probing = False
        self._open_until = 0.0

    def fault(self) -> None:
        """The upstream failed."""
        self._faults += 1
        if self._probing:
            self._rest = min(self._rest * 2, LONGEST_REST)
        if self._probing or self._faults >= THRESHOLD:
            self._tripped = True
            self._open_until = self._now() + self._rest
        self._probing = False

    def abandon(self) -> None:
        """The request ended without a verdict, because the caller left; another may probe."""
        self._probing = False

    def pause(self, seconds: float) -> None:
        """The upstream asked to be left alone for so long."""
        self._probing = False
        self._open_until = max(self._open_until, self._now() + seconds)
