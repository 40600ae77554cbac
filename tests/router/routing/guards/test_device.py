"""The machine's state."""

from __future__ import annotations

from agent_router.routing.guards.device import Device


def test_the_battery_is_looked_at_now_and_then() -> None:
    looks: list[bool] = []
    now = [0.0]

    def battery() -> bool:
        looks.append(True)
        return len(looks) == 1

    device = Device(battery, now=lambda: now[0])
    assert device.on_battery
    assert device.on_battery
    assert len(looks) == 1
    now[0] = 60
    assert not device.on_battery


def test_a_sensor_that_fails_decides_nothing() -> None:
    def broken() -> bool:
        raise OSError("no such sensor")

    def load() -> float:
        raise OSError("no such file")

    device = Device(broken, load)
    assert not device.on_battery
    assert device.load == 0


def test_this_machine_can_be_asked() -> None:
    device = Device()
    assert isinstance(device.on_battery, bool)
    assert device.load >= 0
