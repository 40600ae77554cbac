"""What state the machine is in: on its battery, or busy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import psutil

_LOOK = 20.0  # seconds between two looks at the battery


def _battery() -> bool:
    sensors = getattr(psutil, "sensors_battery", None)  # not on every system
    found = sensors() if sensors is not None else None
    return found is not None and found.power_plugged is False


def _load() -> float:
    return psutil.getloadavg()[0] / (os.cpu_count() or 1)


class Device:
    """`battery` says whether the machine runs on its battery, `load` how busy it is (1: all cores)."""

    def __init__(
        self,
        battery: Callable[[], bool] = _battery,
        load: Callable[[], float] = _load,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._battery, self._load, self._now = battery, load, now
        self._looked: float | None = None
        self._on_battery = False

    @property
    def on_battery(self) -> bool:
        """Whether the machine runs on its battery; a moment old. False where nobody can tell."""
        now = self._now()
        if self._looked is None or now - self._looked > _LOOK:
            self._looked = now
            try:
                self._on_battery = self._battery()
            except Exception:  # of a sensor: it decides nothing then
                self._on_battery = False
        return self._on_battery

    @property
    def load(self) -> float:
        """The last minute's load; 1 is all cores. 0 where nobody can tell."""
        try:
            return self._load()
        except Exception:
            return 0.0
