"""A tool loop stays where it began; a warm prompt cache is worth something."""

from __future__ import annotations

from msgspec import structs

from agent_router.routing.decision import Target
from agent_router.routing.guards.stickiness import CACHE_SECONDS, Stickiness
from agent_router.routing.task import Task
from tests.router.routing.bodies import made

OPENAI, POCKET = Target("openai", "gpt-5.4"), Target("local", "pocket")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def turn(size: int = 400, *, conversation: str = "c", loop: str = "l", again: bool = False, ask: str = "why?") -> Task:
    return structs.replace(
        made(ask)[0], asks=2, conversation=conversation, turn=loop, continuation=again, prompt_bytes=size
    )


def test_a_loop_stays_where_it_began() -> None:
    sticky = Stickiness()
    sticky.went(turn(), POCKET)
    assert sticky.loop(turn()) is None  # it begins one
    assert sticky.loop(turn(again=True)) == POCKET
    assert sticky.loop(turn(again=True, loop="another")) is None
    sticky.went(turn(again=True), OPENAI)  # refused there, say
    assert sticky.loop(turn(again=True)) == OPENAI


def test_a_loop_is_forgotten_after_an_hour() -> None:
    clock = Clock()
    sticky = Stickiness(clock)
    sticky.went(turn(), POCKET)
    clock.now += 3601
    assert sticky.loop(turn(again=True)) is None


def test_a_long_conversation_stays_at_its_warm_cache() -> None:
    clock = Clock()
    sticky = Stickiness(clock)
    long = turn(400_000)
    assert not sticky.costs_more(long, 100)
    for _ in range(5):
        sticky.went(long, OPENAI)
    assert sticky.costs_more(long, 100)
    assert not sticky.costs_more(turn(400_000, conversation="other"), 100)
    assert not sticky.costs_more(turn(400), 100)  # nothing to lose
    assert not sticky.costs_more(structs.replace(long, asks=1), 100)
    assert not sticky.costs_more(
        turn(400_000, ask="[OpenClaw heartbeat poll]"), 100
    )  # a background call has a prompt of its own
    assert not sticky.costs_more(long, 50_000)  # an answer so long is worth it
    clock.now += CACHE_SECONDS + 1
    assert not sticky.costs_more(long, 100)  # it is cold by now


def test_a_conversation_that_has_gone_local_does_not_come_back() -> None:
    sticky = Stickiness()
    long = turn(400_000)
    sticky.went(long, OPENAI)
    for _ in range(12):
        sticky.went(long, POCKET)
    assert not sticky.costs_more(long, 100)


def test_only_so_many_are_kept() -> None:
    sticky = Stickiness()
    for number in range(5000):
        sticky.went(turn(loop=str(number), conversation=str(number)), POCKET)
    assert sticky.loop(turn(loop="0", again=True)) is None
    assert sticky.loop(turn(loop="4999", again=True)) == POCKET
