"""Ranges of time."""

from __future__ import annotations

from datetime import datetime

from agent_dashboards.time_range import RANGES, begin_of

NOW = datetime(2026, 11, 16, 15, 30)


def test_ranges_begin_at_midnight_and_count_today() -> None:
    assert {name: begin_of(name, NOW) for name in RANGES} == {
        "today": datetime(2026, 11, 16),
        "7d": datetime(2026, 11, 10),
        "30d": datetime(2026, 10, 18),
        "all": None,
    }
