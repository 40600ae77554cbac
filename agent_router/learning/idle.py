"""Whether the machine has nothing better to do."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from agent_router.routing.guards.device import Device
from agent_router.settings import Shadow as Limits

_HOUR = 3600.0


class Idle:
    """Says whether work in the background may begin now. `worker` gives the process id of the local model's worker,
    whose own work is not counted as others'."""

    def __init__(
        self,
        limits: Limits,
        device: Device,
        worker: Callable[[], int | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._device = device
        self._worker = worker
        self._now = now
        self._spent: deque[tuple[float, float]] = deque()  # when, seconds
        self._sum = 0.0

    def spend(self, seconds: float) -> None:
        """So long it has computed."""
        self._spent.append((self._now(), seconds))
        self._sum += seconds

    def why_not(self) -> str | None:
        """Why it may not begin, in a few words; None if it may."""
        while self._spent and self._now() - self._spent[0][0] > _HOUR:
            self._sum -= self._spent.popleft()[1]
        if self._spent and self._sum >= self._limits.seconds_per_hour:
            return "this hour's seconds are used up"
        if not self._limits.on_battery and self._device.on_battery:
            return "the machine runs on its battery"
        if self._device.others(self._worker()) > self._limits.load:
            return "the machine is busy"
        return None
