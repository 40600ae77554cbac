"""What is read from the ledger is read at most so often."""

from __future__ import annotations

import asyncio
import time

import pytest

from agent_dashboards import kept
from agent_dashboards.kept import MOST, Kept


async def test_it_is_read_again_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = list[int]()
    keeping = Kept()

    def read() -> int:
        reads.append(1)
        return len(reads)

    assert await asyncio.gather(keeping.get("all", read), keeping.get("all", read)) == [1, 1]
    assert await keeping.get("7d", read) == 2
    monkeypatch.setattr(kept, "KEPT_S", -1.0)
    monkeypatch.setattr(kept, "LONGEST_S", -1.0)
    assert await keeping.get("all", read) == 3


async def test_one_that_leaves_does_not_spoil_it_for_the_others() -> None:
    keeping = Kept()
    leaves, stays = (asyncio.ensure_future(keeping.get("all", lambda: 1)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays == 1


async def test_an_error_is_everybodys_and_not_kept_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Kept()
    with pytest.raises(ZeroDivisionError):
        await keeping.get("all", lambda: 1 // 0)
    monkeypatch.setattr(kept, "KEPT_S", -1.0)
    monkeypatch.setattr(kept, "LONGEST_S", -1.0)
    assert await keeping.get("all", lambda: 1) == 1


async def test_it_does_not_grow_without_bound() -> None:
    keeping = Kept()
    for i in range(2 * MOST):
        await keeping.get(i, lambda: 1)
    assert len(keeping._kept) == MOST


async def test_what_takes_long_to_read_is_kept_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = list[int]()
    keeping = Kept()
    monkeypatch.setattr(kept, "KEPT_S", -1.0)

    def read() -> int:
        time.sleep(0.05)
        reads.append(1)
        return len(reads)

    assert await keeping.get("all", read) == 1
    await asyncio.sleep(0.1)
    assert await keeping.get("all", read) == 1
    monkeypatch.setattr(kept, "LONGEST_S", 0.01)
    assert await keeping.get("all", read) == 2
