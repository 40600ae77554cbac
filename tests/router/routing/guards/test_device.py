"""The machine's state."""

from __future__ import annotations

import os

import pytest

from agent_router.routing.guards.device import Device


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_battery_is_looked_at_now_and_then() -> None:
    looks: list[bool] = []
    clock = Clock()

    def battery() -> bool:
        looks.append(True)
        return len(looks) == 1

    device = Device(battery, now=clock)
    assert device.on_battery
    assert device.on_battery
    assert len(looks) == 1
    clock.now = 60
    assert not device.on_battery


def test_it_knows_how_busy_the_others_are() -> None:
    cores = os.cpu_count() or 1
    clock = Clock()
    work = [100.0]
    device = Device(busy=lambda: work[0], now=clock)
    assert device.others() == 0  # there is nothing to compare with yet
    clock.now, work[0] = 10.0, 100.0 + 5.0 * cores
    assert device.others() == pytest.approx(0.5)
    clock.now, work[0] = 10.5, 10_000.0
    assert device.others() == pytest.approx(0.5)  # looked a moment ago
    clock.now, work[0] = 20.0, 100.0 + 5.0 * cores
    assert device.others() == 0


def test_a_workers_own_work_is_not_others() -> None:
    clock = Clock()
    device = Device(busy=lambda: sum(os.times()[:2]), now=clock)  # of this process, all of it
    device.others(os.getpid())
    sum(number * number for number in range(3_000_000))
    clock.now = 2.0
    assert device.others(os.getpid()) < 0.02


def test_a_sensor_that_fails_decides_nothing() -> None:
    def broken() -> bool:
        raise OSError("no such sensor")

    def busy() -> float:
        raise OSError("no such file")

    device = Device(broken, busy)
    assert not device.on_battery
    assert device.others() == 0
    assert device.others(2**22 + 1) == 0  # no such process


def test_this_machine_can_be_asked() -> None:
    device = Device()
    assert isinstance(device.on_battery, bool)
    assert 0 <= device.others(os.getpid()) <= 1
