"""The feed: what watchers are told, and that nobody waits for them."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_telemetry.ledger import Ledger
from agent_telemetry.live import KEPT_FINISHED, KEPT_RUNNING, QUEUED_EVENTS, LiveFeed, Running, Snapshot
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def row(key: str) -> UsageRecord:
    return UsageRecord(source="proxy", key=key, time=WHEN)


async def test_a_snapshot_then_what_happens() -> None:
    feed = LiveFeed()
    feed.started(Running(id="a", agent="codex", requested_model="auto", time=WHEN))
    with feed.subscribe() as events:
        assert await anext(events) == Snapshot((Running(id="a", agent="codex", requested_model="auto", time=WHEN),), ())
        feed.started(Running(id="b", time=WHEN))
        feed.finished(row("a"))
        assert await anext(events) == Running(id="b", time=WHEN)
        assert await anext(events) == row("a")
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        assert not waiting.done()
        feed.finished(row("never announced"))
        assert await waiting == row("never announced")
    assert feed.snapshot() == Snapshot((Running(id="b", time=WHEN),), (row("never announced"), row("a")))


async def test_a_subscription_is_told_of_what_came_before_its_first_read() -> None:
    feed = LiveFeed()
    with feed.subscribe() as events:
        feed.finished(row("a"))
        assert await anext(events) == Snapshot((), (row("a"),))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(events)
        feed.finished(row("b"))
        assert await anext(events) == row("b")  # a wait that was given up loses nothing


async def test_a_slow_reader_starts_again_from_a_snapshot() -> None:
    feed = LiveFeed()
    with feed.subscribe() as slow, feed.subscribe() as quick:
        await anext(slow)
        await anext(quick)
        for i in range(QUEUED_EVENTS + 10):
            feed.finished(row(str(i)))
            assert await anext(quick) == row(str(i))
        event = await anext(slow)
        assert isinstance(event, Snapshot)
        assert event.finished[0] == row(str(QUEUED_EVENTS + 9))
        feed.finished(row("next"))
        assert await anext(slow) == row("next")


async def test_close_ends_every_subscription() -> None:
    feed = LiveFeed()
    events = feed.subscribe()
    await anext(events)

    async def read_on() -> list[object]:
        return [event async for event in events]

    reader = asyncio.ensure_future(read_on())
    await asyncio.sleep(0)
    feed.close()
    assert await asyncio.wait_for(reader, 5) == []
    assert [event async for event in feed.subscribe()] == []
    feed.finished(row("late"))


async def test_what_is_kept_is_bounded() -> None:
    feed = LiveFeed()
    for i in range(KEPT_RUNNING + 5):
        feed.started(Running(id=str(i), time=WHEN))
    for i in range(KEPT_FINISHED + 5):
        feed.finished(row(f"other {i}"))
    snapshot = feed.snapshot()
    assert len(snapshot.running) == KEPT_RUNNING
    assert snapshot.running[0].id == "5"
    assert [r.key for r in snapshot.finished] == [f"other {i}" for i in range(KEPT_FINISHED + 4, 4, -1)]


async def test_the_last_requests_come_from_the_ledger(tmp_path: Path) -> None:
    feed = LiveFeed()
    feed.load(tmp_path / "none.db")
    ledger = Ledger(tmp_path / "ledger.db")
    for i in range(60):
        ledger.record(row(str(i)))
    ledger.close()
    feed.load(ledger.path)
    feed.finished(row("new"))
    assert [r.key for r in feed.snapshot().finished] == ["new", *(str(i) for i in range(59, 10, -1))]
    (tmp_path / "broken.db").write_bytes(b"nothing of the kind" * 100)
    LiveFeed().load(tmp_path / "broken.db")


async def test_it_costs_little_when_nobody_watches() -> None:
    """Wide of the microsecond that it takes, so that a loaded machine passes."""
    feed = LiveFeed()
    record = row("a")
    begun = time.perf_counter()
    for _ in range(5000):
        feed.started(Running(id="a", agent="codex", requested_model="auto", time=WHEN))
        feed.finished(record)
    assert (time.perf_counter() - begun) / 5000 < 100e-6
