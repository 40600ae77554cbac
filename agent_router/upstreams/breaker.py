"""Circuit breaker: an upstream that keeps failing is left alone for a while, then tried with one request."""

from __future__ import annotations

import time
from collections.abc import Callable

THRESHOLD = 3  # faults in a row
FIRST_REST = 15.0  # seconds; doubled for each failed probe
LONGEST_REST = 60.0
# While a probe runs, nobody knows how long; this is what the others are told.
_PROBE_SECONDS = 1.0


class Breaker:
    """closed (all pass) → open (none pass) → half-open (one passes: the probe) → closed or open again.

    Each request asks `wait`, then calls `enter` without awaiting in between, and hands what it returned to the
    method that says how it ended. A rate limit with `retry-after` opens the breaker for just so long, without
    counting as a fault. `threshold`: faults in a row that open it.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, threshold: int = THRESHOLD) -> None:
        self._now = now
        self._threshold = threshold
        self._faults = 0
        self._rest = FIRST_REST
        self._rest_until = 0.0
        self._pause_until = 0.0
        self._tripped = False
        self._probe: object | None = None

    @property
    def state(self) -> str:
        """closed | open | half-open."""
        if self._now() < max(self._rest_until, self._pause_until):
            return "open"
        return "half-open" if self._tripped else "closed"

    @property
    def paused(self) -> bool:
        """Whether only a rate limit keeps it open."""
        return not self._tripped and self._now() < self._pause_until

    def wait(self) -> float:
        """Seconds until a request may pass; 0 if it may now. Asking does not take the probe."""
        remaining = max(self._rest_until, self._pause_until) - self._now()
        if remaining > 0:
            return remaining
        return _PROBE_SECONDS if self._probe is not None else 0.0

    def enter(self) -> object:
        """A request passes; in half-open it is the probe."""
        passage = object()
        if self._tripped:
            self._probe = passage
        return passage

    def success(self, passage: object | None) -> None:
        """The upstream answered."""
        self._faults = 0
        self._rest = FIRST_REST
        self._tripped = False
        self._probe = None
        self._rest_until = 0.0

    def fault(self, passage: object) -> None:
        """The upstream failed."""
        self._faults += 1
        if passage is self._probe:
            self._rest = min(self._rest * 2, LONGEST_REST)
            self._trip()
        elif not self._tripped and self._faults >= self._threshold:
            self._trip()  # the requests that were under way then say nothing new

    def _trip(self) -> None:
        self._tripped = True
        self._probe = None
        self._rest_until = self._now() + self._rest

    def trip(self) -> None:
        """Open it, or leave it open."""
        if not self._tripped:
            self._trip()

    def abandon(self, passage: object) -> None:
        """The request ended without a verdict, because the caller left; another may probe."""
        if passage is self._probe:
            self._probe = None

    def pause(self, passage: object, seconds: float) -> None:
        """The upstream asked to be left alone for so long."""
        self.abandon(passage)
        self._pause_until = max(self._pause_until, self._now() + seconds)
