"""What state the machine is in: on its battery, or busy with other things."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import psutil

_BATTERY_SECONDS = 20.0  # between two looks at the battery
_BUSY_SECONDS = 1.0  # between two looks at how busy it is


def _battery() -> bool:
    sensors = getattr(psutil, "sensors_battery", None)  # not on every system
    found = sensors() if sensors is not None else None
    return found is not None and found.power_plugged is False


def _busy() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + getattr(times, "nice", 0.0))


class Device:
    """`battery` says whether the machine runs on its battery, `busy` how many seconds its cores have worked so far."""

    def __init__(
        self,
        battery: Callable[[], bool] = _battery,
        busy: Callable[[], float] = _busy,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._battery, self._busy, self._now = battery, busy, now
        self._battery_looked: float | None = None
        self._on_battery = False
        self._looked: tuple[float, float, float] | None = None  # when, all work, the worker's
        self._others = 0.0

    @property
    def on_battery(self) -> bool:
        """Whether the machine runs on its battery; a moment old. False where nobody can tell."""
        now = self._now()
        if self._battery_looked is None or now - self._battery_looked > _BATTERY_SECONDS:
            self._battery_looked = now
            try:
                self._on_battery = self._battery()
            except Exception:  # of a sensor: it decides nothing then
                self._on_battery = False
        return self._on_battery

    def others(self, worker: int | None = None) -> float:
        """How busy the machine was lately with other things than a worker process; 1 is all cores. 0 where nobody can
        tell."""
        now = self._now()
        if self._looked is not None and now - self._looked[0] < _BUSY_SECONDS:
            return self._others
        try:
            busy = self._busy()
        except (OSError, psutil.Error):
            return 0.0
        own = _work_of(worker)
        if self._looked is not None:
            whole = (now - self._looked[0]) * (os.cpu_count() or 1)
            worked = max(own - self._looked[2], 0.0)  # less than nothing: another worker
            self._others = min(max((busy - self._looked[1] - worked) / whole, 0.0), 1.0)
        self._looked = now, busy, own
        return self._others


def _work_of(process: int | None) -> float:
    """Seconds that a process has computed."""
    if process is None:
        return 0.0
    try:
        times = psutil.Process(process).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
