"""Families' figures and history, counted by hand."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta, tzinfo
from pathlib import Path

import msgspec
import pytest

from agent_telemetry import learned
from agent_telemetry.breakdown import PERIODS, segment
from agent_telemetry.family_figures import YOUNG, FamilyPeriod, family_figures, family_history
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import statements
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.learning_rows import family
from tests.telemetry.learning_rows import learned as learnt
from tests.telemetry.random_ledger import BEGIN, ZONES, classify, counts, make, ranges, within


def asked(calls: list[UsageRecord]) -> list[UsageRecord]:
    """Those of a family that users asked."""
    return [call for call in calls if call.family and call.source != "audit" and call.duplicate is None]


def escalated(call: UsageRecord) -> bool:
    if call.source != "proxy" or call.route != "closed" or not (call.decision or "").startswith("{"):
        return False
    return msgspec.json.decode(call.decision or "")["verified"] not in (None, "ok")


def by_hand(calls: list[UsageRecord], name: str) -> dict[str, int | None]:
    mine = [call for call in calls if call.family == name]
    answered = [call for call in mine if counts(call)]
    local = [call for call in answered if call.route == "local"]
    avoided = [call.avoided for call in mine if call.route == "local" and call.avoided is not None]
    billed = [call.billed for call in mine if call.route != "local" and call.billed is not None]
    tokens = ("input", "cache_read", "cache_write", "output")
    return {
        "requests": len(answered),
        "failed": len(mine) - len(answered),
        "local": len(local),
        "escalated": sum(escalated(call) for call in answered),
        "output": sum(call.output or 0 for call in mine),
        "tokens": sum(getattr(call, name) or 0 for call in mine for name in tokens),
        "earned": sum(avoided) if avoided or not local else None,
        "would_save": sum(billed) if billed or len(local) == len(answered) else None,
    }


@pytest.mark.parametrize("seed", range(6))
def test_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    calls = asked(make(path, seed))
    for _ in range(8):
        since, until = ranges(draw)
        mine = within(calls, since, until)
        found = family_figures(path, classify, since=since, until=until)
        names = {call.family for call in mine}
        assert {each.name for each in found} == names
        assert found == sorted(found, key=lambda each: (-each.requests, each.name))
        for each in found:
            figures = by_hand(mine, each.name)
            assert {name: getattr(each, name) for name in figures} == figures
            times = [call.time.timestamp() for call in mine if call.family == each.name]
            assert (each.first_seen, each.last_seen) == (min(times), max(times))


def history(calls: list[UsageRecord], zone: tzinfo | None) -> tuple[str, tuple[FamilyPeriod, ...]]:
    days = {call.time.astimezone(zone).date() for call in calls}
    unit = "week" if days and (max(days) - min(days)).days >= YOUNG else "day"
    periods: dict[str, list[UsageRecord]] = {}
    for call in calls:
        periods.setdefault(PERIODS[unit](call.time.astimezone(zone).date()), []).append(call)
    made = []
    for period in sorted(periods):
        figures = by_hand(periods[period], periods[period][0].family or "")
        answered = [call for call in periods[period] if counts(call)]
        parts = [segment(classify(call.model, call.provider)[0], call.place) for call in answered]
        made.append(
            FamilyPeriod(
                period=period,
                segments={part: parts.count(part) for part in parts},
                **{name: figures[name] for name in ("requests", "local", "escalated", "output")},  # type: ignore[arg-type]
            )
        )
    return unit, tuple(period for period in made if period.requests or period.output)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("days", [30, 150])
def test_its_history(tmp_path: Path, seed: int, days: int) -> None:
    path = tmp_path / "ledger.sqlite3"
    calls = asked(make(path, seed, days=days))
    for zone in ZONES:
        for name in {call.family for call in calls}:
            assert name is not None
            found = family_history(path, name, classify, zone)
            unit, periods = history([call for call in calls if call.family == name], zone)
            assert (found.unit, found.periods) == (unit, periods)


def test_what_was_learnt_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    calls = asked(make(path, 1))
    with closing(open_ledger(path)) as conn, conn:
        for sql, rows in statements(learnt(family("title-ff"), family("never-asked"))):
            conn.executemany(sql, rows)
    learned.pin(path, "title-ff", "local")
    found = {each.name: each for each in family_figures(path, classify)}
    one = found["title-ff"]
    assert (one.known, one.pin, one.rung, one.agents, one.lower) == (
        True,
        "local",
        "local",
        ("opencode", "codex"),
        0.91,
    )
    assert one.requests == by_hand(calls, "title-ff")["requests"]
    assert found["never-asked"].known
    assert (found["never-asked"].requests, found["never-asked"].earned, found["never-asked"].would_save) == (0, 0, 0)
    assert (found["ask-01"].known, found["ask-01"].kind, found["ask-01"].rung) == (False, "ask", None)
    assert found["two-words-9"].kind == "two-words"
    assert [move.after for move in family_history(path, "title-ff", classify).moves] == ["local"]


def test_nobody_knows_it(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert family_figures(path, classify) == []
    assert family_history(path, "x", classify).periods == ()
    make(path, 0)
    assert family_history(path, "x", classify).periods == ()
    assert family_figures(path, classify, until=BEGIN - timedelta(days=1)) == []
