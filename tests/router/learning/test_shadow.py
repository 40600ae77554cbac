"""Work in the background: only while nobody waits, given up at once, bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from agent_models.completion import Event, Stop, TextDelta, Usage
from agent_router.learning import shadow as module
from agent_router.learning.shadow import Shadow
from agent_router.learning.teacher import Teacher
from agent_router.outcomes.said import Said
from agent_router.routing.decision import Target
from agent_router.routing.families import Families
from agent_router.settings import Shadow as Limits
from agent_router.upstreams.reply import Observed, Reply, UpstreamFault
from agent_router.wire.call import Call
from agent_router.wire.chat.wire import ChatWire
from agent_telemetry.trial import Trial
from tests.router.routing.bodies import SALT, made

POCKET = Target("local", "pocket")


class Local:
    """A local model that says "yes", after a while."""

    def __init__(self, seconds: float = 0.0, fault: UpstreamFault | None = None) -> None:
        self.seconds, self.fault = seconds, fault
        self.begun = self.ended = self.running = 0

    async def open(self, call: Call, model: str) -> Reply:
        if self.fault is not None:
            raise self.fault
        events = self._events()
        return Reply(observed=Observed(model=model), events=events, source=events)

    async def _events(self) -> AsyncGenerator[Event, None]:
        self.begun += 1
        self.running += 1
        try:
            await asyncio.sleep(self.seconds)
            yield TextDelta("yes")
            yield Stop("stop")
            yield Usage(10, 1)
            self.ended += 1
        finally:
            self.running -= 1


class Idle:
    """A machine whose state the test decides."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.spent = 0.0

    def why_not(self) -> str | None:
        return self.reason

    def spend(self, seconds: float) -> None:
        self.spent += seconds


class Ledger:
    def __init__(self) -> None:
        self.rows: list[object] = []

    def record(self, row: object) -> None:
        self.rows.append(row)

    @property
    def trials(self) -> list[Trial]:
        return [row for row in self.rows if isinstance(row, Trial)]


class House:
    def __init__(self, local: Local | None = None, **limits: float) -> None:
        self.local = local or Local()
        self.idle = Idle()
        self.ledger = Ledger()
        self.families = Families(SALT)
        self.teacher = Teacher(self.families, self.ledger)  # type: ignore[arg-type]
        limited = Limits.model_validate(limits)
        self.shadow = Shadow(self.local, self.families, self.teacher, self.ledger, limited, self.idle)  # type: ignore[arg-type]

    def add(self, number: int = 0, said: str = "yes", size: int = 0) -> None:
        raw = json.dumps(
            {"model": "auto", "messages": [{"role": "user", "content": f"Is {number} a number?" + " " * size}]}
        ).encode()
        task = self.families.known(made(raw=raw)[0], "pocket")
        self.teacher.remember(f"r{number}", task.family.name, task.reading, "closed")
        self.shadow.add(f"r{number}", task, ChatWire().read(raw, {}), POCKET, Said(said, (), "stop"))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = asyncio.ensure_future(self.shadow.run())
        try:
            yield
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def done(self, timeout: float = 2.0) -> None:
        async with asyncio.timeout(timeout):
            while self.shadow.busy:
                await asyncio.sleep(0.005)


async def test_what_the_two_said_is_compared_and_teaches() -> None:
    house = House()
    async with house.running():
        house.add(1)
        house.add(2, said="no, it is not")
        await house.done()
        for number in range(3, 9):
            house.add(number)
        await house.done()
    assert [(trial.purpose, trial.agree, trial.output) for trial in house.ledger.trials[:2]] == [
        ("shadow", True, 1),
        ("shadow", False, 1),
    ]
    standing = house.families.known(made("Is 3 a number?")[0], "pocket").standing
    assert standing is not None
    assert standing.evidence > 1
    assert house.idle.spent > 0


async def test_it_waits_while_the_machine_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT", 0.02)
    house = House()
    house.idle.reason = "the machine is busy"
    async with house.running():
        house.add()
        await asyncio.sleep(0.1)
        assert house.local.begun == 0
        assert house.shadow.waiting_for == "the machine is busy"
        house.idle.reason = None
        await house.done()
    assert house.local.ended == 1


async def test_a_users_request_ends_it_at_once_and_it_is_taken_up_again() -> None:
    house = House(Local(seconds=0.1))
    async with house.running():
        house.add()
        await asyncio.sleep(0.03)
        assert house.local.running == 1
        with house.shadow.making_way():
            await asyncio.sleep(0.01)
            assert house.local.running == 0
            await asyncio.sleep(0.15)
            assert house.local.begun == 1  # not while the user's request runs
        await house.done()
    assert (house.local.begun, house.local.ended) == (2, 1)
    assert [trial.agree for trial in house.ledger.trials] == [True]


async def test_it_is_given_up_after_three_interruptions() -> None:
    house = House(Local(seconds=0.05))
    async with house.running():
        house.add()
        for _ in range(3):
            await asyncio.sleep(0.02)
            with house.shadow.making_way():
                await asyncio.sleep(0.01)
        await house.done()
    assert (house.local.begun, house.local.ended, house.ledger.trials) == (3, 0, [])


async def test_one_that_takes_too_long_is_ended_and_said() -> None:
    house = House(Local(seconds=5), longest=0.05)
    async with house.running():
        house.add()
        await house.done()
    assert [(trial.problem, trial.agree) for trial in house.ledger.trials] == [("too slow", None)]
    assert house.local.running == 0


@pytest.mark.parametrize(("kind", "noted"), [("context", False), ("busy", False), ("crashed", True)])
async def test_only_a_fault_of_its_own_counts_against_it(kind: str, noted: bool) -> None:
    house = House(Local(fault=UpstreamFault(kind, "no")))  # type: ignore[arg-type]
    async with house.running():
        house.add()
        await house.done()
    assert [trial.problem for trial in house.ledger.trials] == ([kind] if noted else [])
    assert len(house.ledger.rows) == 2 * noted  # the trial, and that it was bad


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_JOBS", 5)
    house = House()
    for number in range(20):
        house.add(number)
    assert len(house.shadow) == 5
    monkeypatch.setattr(module, "MOST_BYTES", 10_000)
    house.add(1, size=6000)
    house.add(2, size=6000)
    assert len(house.shadow) == 1
    async with house.running():
        await house.done()
    assert [trial.call for trial in house.ledger.trials] == ["r2"]


async def test_it_ends_when_the_router_does() -> None:
    house = House(Local(seconds=60))
    async with house.running():
        house.add()
        await asyncio.sleep(0.03)
        assert house.local.running == 1
    assert house.local.running == 0
