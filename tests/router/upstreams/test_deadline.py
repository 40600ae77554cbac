"""One timer, several bounds."""

from __future__ import annotations

import asyncio

from agent_router.upstreams.deadline import Deadline


class Closed:
    def __init__(self) -> None:
        self.at: list[float] = []
        self.began = asyncio.get_running_loop().time()

    def __call__(self) -> None:
        self.at.append(asyncio.get_running_loop().time() - self.began)


async def test_it_closes_once_when_its_time_is_over() -> None:
    closed = Closed()
    deadline = Deadline(closed, 0.05)
    assert not deadline.expired
    await asyncio.sleep(0.15)
    assert deadline.expired
    assert len(closed.at) == 1
    assert 0.04 < closed.at[0] < 0.12


async def test_cancelled_it_does_nothing() -> None:
    closed = Closed()
    deadline = Deadline(closed, 0.02)
    deadline.cancel()
    deadline.cancel()
    await asyncio.sleep(0.06)
    assert (closed.at, deadline.expired) == ([], False)


async def test_what_comes_puts_it_off() -> None:
    closed = Closed()
    deadline = Deadline(closed, 0.1)
    for _ in range(6):
        await asyncio.sleep(0.04)
        deadline.begin()
    assert closed.at == []
    await asyncio.sleep(0.25)
    assert len(closed.at) == 1
    assert closed.at[0] > 0.3


async def test_another_bound_counts_from_now_be_it_shorter_or_longer() -> None:
    short, long = Closed(), Closed()
    first, second = Deadline(short, 60), Deadline(long, 0.05)
    first.allow(0.05)
    second.allow(0.2)
    assert (first.seconds, second.seconds) == (0.05, 0.2)
    await asyncio.sleep(0.1)
    assert (len(short.at), len(long.at)) == (1, 0)
    await asyncio.sleep(0.2)
    assert len(long.at) == 1


async def test_while_it_rests_no_time_passes() -> None:
    closed = Closed()
    deadline = Deadline(closed, 0.05)
    deadline.rest()
    await asyncio.sleep(0.2)
    assert closed.at == []
    deadline.begin()
    await asyncio.sleep(0.2)
    assert len(closed.at) == 1
