"""When a model has not been used for a while."""

from __future__ import annotations

import asyncio
import time

from agent_models.engine.idleness import Idleness


async def test_it_is_over_once_after_the_last_use() -> None:
    used, over = time.monotonic(), 0

    def count() -> None:
        nonlocal over
        over += 1

    idle = Idleness(0.15, lambda: used, count)
    idle.watch()
    idle.watch()
    await asyncio.sleep(0.1)
    used = time.monotonic()
    await asyncio.sleep(0.1)
    assert over == 0
    await asyncio.sleep(0.15)
    assert over == 1
    await asyncio.sleep(0.2)
    assert over == 1


async def test_what_is_in_use_is_not_idle_and_zero_is_never() -> None:
    over: list[str] = []
    busy = Idleness(0.03, lambda: None, lambda: over.append("busy"))
    never = Idleness(0, lambda: 0.0, lambda: over.append("never"))
    stopped = Idleness(0.03, lambda: 0.0, lambda: over.append("stopped"))
    for each in (busy, never, stopped):
        each.watch()
    stopped.stop()
    await asyncio.sleep(0.15)
    busy.stop()
    assert over == []
