"""Whether the machine has nothing better to do."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

import psutil

from agent_router.routing.guards.device import Device
from agent_router.settings import Shadow as Limits

_HOUR = 3600.0
_LOOK = 1.0  # seconds between two looks at how busy the others are


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
        self._looked: tuple[float, float, float] | None = None  # when, busy seconds of all cores, the worker's
        self._others = 0.0

    def spend(self, seconds: float) -> None:
        """So long it has computed."""
        self._spent.append((self._now(), seconds))

    def why_not(self) -> str | None:
        """Why it may not begin, in a few words; None if it may."""
        while self._spent and self._now() - self._spent[0][0] > _HOUR:
            self._spent.popleft()
        if sum(seconds for _, seconds in self._spent) >= self._limits.seconds_per_hour:
            return "this hour's seconds are used up"
        if not self._limits.on_battery and self._device.on_battery:
            return "the machine runs on its battery"
        if self.others() > self._limits.load:
            return "the machine is busy"
        return None

    def others(self) -> float:
        """How busy other programs keep the machine, lately; 1 is all cores. 0 where nobody can tell."""
        now = self._now()
        if self._looked is not None and now - self._looked[0] < _LOOK:
            return self._others
        try:
            times = psutil.cpu_times()
            busy = times.user + times.system + getattr(times, "nice", 0.0)
            own = self._of_worker()
        except (OSError, psutil.Error):
            return 0.0
        if self._looked is not None:
            elapsed = max(now - self._looked[0], 0.001) * (os.cpu_count() or 1)
            worked = max(own - self._looked[2], 0.0)  # less than nothing: another worker
            self._others = min(max((busy - self._looked[1] - worked) / elapsed, 0.0), 1.0)
        self._looked = now, busy, own
        return self._others

    def _of_worker(self) -> float:
        worker = self._worker()
        if worker is None:
            return 0.0
        try:
            times = psutil.Process(worker).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)
