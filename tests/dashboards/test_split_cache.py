"""Ranges, and how often the ledger is read."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent_dashboards import split_cache
from agent_dashboards.split_cache import RANGES, SplitCache, begin_of

NOW = datetime(2026, 11, 16, 15, 30)


def test_ranges_begin_at_midnight_and_count_today() -> None:
    assert {name: begin_of(name, NOW) for name in RANGES} == {
        "today": datetime(2026, 11, 16),
        "7d": datetime(2026, 11, 10),
        "30d": datetime(2026, 10, 18),
        "all": None,
    }


async def test_it_is_read_again_when_it_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = list[Any]()
    monkeypatch.setattr(
        split_cache, "split", lambda path, classify, since, by_session: reads.append(since) or {"n": len(reads)}
    )
    cache = SplitCache(tmp_path, lambda model, provider: ("open", None))
    assert await asyncio.gather(cache.get("all"), cache.get("all")) == [{"n": 1}, {"n": 1}]
    assert await cache.get("7d") == {"n": 2}
    monkeypatch.setattr(split_cache, "KEPT_S", -1.0)
    assert await cache.get("all") == {"n": 3}


async def test_one_that_leaves_does_not_spoil_it_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split_cache, "split", lambda path, classify, since, by_session: {"n": 1})
    cache = SplitCache(tmp_path, lambda model, provider: ("open", None))
    leaves, stays = asyncio.ensure_future(cache.get("all")), asyncio.ensure_future(cache.get("all"))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays == {"n": 1}
