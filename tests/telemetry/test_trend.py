"""The same figures as by adding up in Python, of any ledger, range and zone."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import tzinfo
from pathlib import Path

import pytest

from agent_telemetry.breakdown import GROUPS, PERIODS, Row, breakdown
from agent_telemetry.ledger_reader import DaySum, Kind, sums_by_day
from agent_telemetry.sums import SUMS
from agent_telemetry.trend import trend
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.random_ledger import ZONES, classify, counts, make, ranges, within


@pytest.fixture
def local_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The system's zone may be changed, and is what it was afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    monkeypatch.undo()
    time.tzset()


def naive(calls: list[UsageRecord], zone: tzinfo | None) -> list[DaySum]:
    """Each call as a sum of its own, by the rules as they are written."""
    found = []
    for call in calls:
        if call.duplicate is not None:
            continue
        answered = counts(call)
        tokens = [getattr(call, name) or 0 for name in ("input", "cache_read", "cache_write", "output", "reasoning")]
        money = [
            figure
            for name in ("billed", "equivalent", "avoided")
            for figure in (getattr(call, name) or 0, int(getattr(call, name) is not None))
        ]
        unknown = answered and call.input is None and call.output is None
        sums = (int(answered), int(not answered), int(unknown), *tokens, *money)
        assert len(sums) == len(SUMS)
        kind = Kind(call.model, call.provider, call.place, call.agent, call.route)
        found.append(DaySum(kind, call.time.astimezone(zone).date(), sums))
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("system", ["UTC", "America/St_Johns", "Europe/Berlin"])
def test_as_breakdown_says(
    tmp_path: Path, seed: int, system: str, monkeypatch: pytest.MonkeyPatch, local_zone: None
) -> None:
    monkeypatch.setenv("TZ", system)
    time.tzset()
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, seed)
    for _ in range(25):
        since, until = ranges(draw)
        zone = draw.choice(ZONES)
        by = draw.sample((*PERIODS, *GROUPS), draw.randrange(4))
        found = trend(path, classify, by, since=since, until=until, zone=zone)
        assert found == breakdown(sums_by_day(path, since=since, until=until, zone=zone), classify, by)
        assert found == breakdown(naive(within(calls, since, until), zone), classify, by)


def by_hand(calls: list[UsageRecord], by: list[str], zone: tzinfo | None, kinds: dict[str, str]) -> list[Row]:
    """As `trend`, with tasks and families as if they were agents."""
    told = []
    for call in calls:
        family = call.family
        task = (kinds.get(family) or family.rpartition("-")[0] or family) if family else "unknown"
        [one] = naive([call], zone) or [None]
        if one is not None:
            named = {"task": task, "family": family or "unknown"}
            told.append((one, "\0".join(named[name] for name in by if name in named)))
    groups = ["agent" if name in ("task", "family") else name for name in by if name not in ("task", "family")]
    rows = []
    for key in {key for _, key in told}:
        for row in breakdown([one for one, its in told if its == key], classify, groups):
            parts, others = iter(key.split("\0")), iter(row.keys)
            keys = tuple(next(parts) if name in ("task", "family") else next(others) for name in by)
            rows.append(row._replace(keys=keys))
    return sorted(rows)


@pytest.mark.parametrize("seed", range(8))
def test_by_task_and_family(tmp_path: Path, seed: int, local_zone: None) -> None:
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, seed)
    for _ in range(12):
        since, until = ranges(draw)
        zone = draw.choice(ZONES)
        by = draw.sample((*PERIODS, *GROUPS), draw.randrange(3))
        by.insert(draw.randrange(len(by) + 1), draw.choice(("task", "family")))
        found = trend(path, classify, by, since=since, until=until, zone=zone)
        assert found == by_hand(within(calls, since, until), by, zone, {})


def test_the_kind_of_a_family_goes_before_its_name(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, 3)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("INSERT INTO families (name, kind) VALUES ('title-ff', 'other')")
    found = trend(path, classify, ("task",))
    assert found == by_hand(calls, ["task"], None, {"title-ff": "other"})
    assert "other" in [row.keys[0] for row in found]


def test_neither_period_nor_group(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="weather"):
        trend(tmp_path / "none", classify, ("weather",))


def test_nothing(tmp_path: Path) -> None:
    assert trend(tmp_path / "none", classify, ("day", "task")) == []
