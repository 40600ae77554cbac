"""When work in the background may begin."""

from __future__ import annotations

from agent_router.learning.idle import Idle
from agent_router.routing.guards.device import Device
from agent_router.settings import Shadow


class Machine(Device):
    """One whose state the test decides."""

    battery = False
    busy = 0.0

    @property
    def on_battery(self) -> bool:
        return self.battery

    def others(self, worker: int | None = None) -> float:
        return self.busy


class House:
    def __init__(self, **limits: float) -> None:
        self.machine = Machine()
        self.now = 0.0
        self.idle = Idle(Shadow.model_validate(limits), self.machine, lambda: None, lambda: self.now)


def test_it_may_where_nothing_speaks_against_it() -> None:
    assert House().idle.why_not() is None


def test_not_on_the_battery_unless_the_user_says_so() -> None:
    house = House()
    house.machine.battery = True
    assert house.idle.why_not() == "the machine runs on its battery"
    house = House(on_battery=True)
    house.machine.battery = True
    assert house.idle.why_not() is None


def test_not_while_others_need_the_machine() -> None:
    house = House(load=0.5)
    house.machine.busy = 0.6
    assert house.idle.why_not() == "the machine is busy"
    house.machine.busy = 0.4
    assert house.idle.why_not() is None


def test_not_beyond_the_hours_seconds() -> None:
    house = House(seconds_per_hour=10)
    house.idle.spend(6)
    assert house.idle.why_not() is None
    house.now = 1800
    house.idle.spend(6)
    assert house.idle.why_not() == "this hour's seconds are used up"
    house.now = 3601
    assert house.idle.why_not() is None
