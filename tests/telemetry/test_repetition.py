"""Repetition, counted by hand."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta, tzinfo
from pathlib import Path

import pytest

from agent_telemetry.repetition import OFTEN, WITHIN, RepetitionWeek, repetition
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.random_ledger import ZONES, counts, make, ranges


def by_hand(calls: list[UsageRecord], first: date, last: date, zone: tzinfo | None) -> list[RepetitionWeek]:
    """A call at a time, by the rules as they are written."""
    mine = [
        (call.family, call.time.astimezone(zone).date(), call)
        for call in calls
        if call.family and call.source != "audit" and call.duplicate is None
    ]
    found: dict[str, list[int]] = {}
    families: dict[str, dict[str, bool]] = {}
    seen = Counter((family, day) for family, day, call in mine if counts(call))
    for family, day, call in mine:
        if first <= day <= last:
            often = sum(seen[family, day - timedelta(days=back)] for back in range(WITHIN)) >= OFTEN
            week = (day - timedelta(days=day.weekday())).isoformat()
            tokens = sum(getattr(call, name) or 0 for name in ("input", "cache_read", "cache_write", "output"))
            one = counts(call)
            figures = (one, often and one, call.output or 0, (call.output or 0) * often, tokens, tokens * often)
            found[week] = [a + b for a, b in zip(found.get(week, [0] * 6), figures, strict=True)]
            its = families.setdefault(week, {})
            if one:
                its[family] = its.get(family, False) or often
    return [
        RepetitionWeek(week, *found[week], len(families[week]), sum(families[week].values()))
        for week in sorted(found)
        if found[week][0]
    ]


@pytest.mark.parametrize("seed", range(6))
def test_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, seed)
    for _ in range(10):
        since, until = ranges(draw)
        zone = draw.choice(ZONES)
        times = [call.time for call in calls]
        start = max(since or times[0], times[0])
        end = min(until or times[-1] + timedelta(seconds=1), times[-1] + timedelta(milliseconds=1))
        expected: list[RepetitionWeek] = []
        if start < end:
            last = (end - timedelta(milliseconds=1)).astimezone(zone).date()
            expected = by_hand(calls, start.astimezone(zone).date(), last, zone)
        assert repetition(path, since=since, until=until, zone=zone) == expected
    assert any(week.repeated for week in repetition(path))
    assert any(week.repeated < week.requests for week in repetition(path))


def test_nothing(tmp_path: Path) -> None:
    assert repetition(tmp_path / "none") == []
