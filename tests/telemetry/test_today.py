"""The day's figures, beside those that the split gives for the same rows."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agent_telemetry.ledger import Ledger
from agent_telemetry.split import split
from agent_telemetry.today import Last, Today, today
from agent_telemetry.usage_record import UsageRecord


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def call(number: int, time: datetime, **more: object) -> UsageRecord:
    return UsageRecord(source="proxy", key=str(number), time=time, **more)  # type: ignore[arg-type]


def written(path: Path, rows: list[UsageRecord]) -> Path:
    ledger = Ledger(path)
    for row in rows:
        ledger.record(row)
    ledger.close()
    return path


@pytest.mark.parametrize("offset", [0, 60, 330, -210, 345])  # minutes: India, Newfoundland and Nepal begin in mid-hour
def test_the_same_as_the_split(tmp_path: Path, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    midnight = datetime.now(UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    dice = random.Random(offset)
    rows = []
    for number in range(400):
        local = dice.random() < 0.4
        rows.append(
            call(
                number,
                midnight + timedelta(minutes=dice.uniform(-300, 300)),
                place="device" if local else dice.choice(["hosted", "subscription", None]),
                route="local" if local else "closed",
                model="m",
                provider="p",
                status=dice.choice(["ok", "ok", "ok", "cut", "error", "cancelled"]),
                input=dice.choice([None, 10]),
                cache_read=dice.choice([None, 7]),
                output=dice.choice([None, 0, 3]),
                billed=None if local else dice.choice([None, 1000]),
            )
        )
    path = written(tmp_path / "ledger.sqlite3", rows)
    found = today(path, milliseconds(midnight))
    expected = split(path, lambda model, provider: ("unknown", None), since=midnight, zone=zone)
    assert found is not None
    places = {part.place or "unknown": part for part in found.parts}
    assert len(places) == len(found.parts)
    for place, part in places.items():
        leaf = expected["by_openness_place"][f"unknown/{place}"]
        assert (part.answered, part.tokens, part.output) == (leaf["requests"], leaf["total_tokens"], leaf["output"])
        assert part.billed == (None if leaf["cost"]["billed"] is None else round(leaf["cost"]["billed"] * 1e6))
    assert sum(part.answered for part in found.parts) == expected["all"]["requests"]


def test_duplicates_are_left_out(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    rows = [call(1, now, output=5), call(2, now, output=7, duplicate="proxy")]
    for back in (timedelta(), timedelta(hours=3)):  # from single calls, and from sums
        found = today(written(tmp_path / "l.sqlite3", rows), milliseconds(now - back))
        assert found is not None
        assert sum(part.output for part in found.parts) == 5


def test_a_session_that_nobody_knows_and_one_of_yesterday(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    rows = [
        call(1, now - timedelta(days=2), session="a", route="closed", reason="first"),
        call(2, now - timedelta(days=1), session="a", route="local", reason="second"),
        call(3, now, session="b", status="error"),
    ]
    path = written(tmp_path / "l.sqlite3", rows)
    start = milliseconds(now) + 1
    assert today(path, start) == Today([], None)
    assert today(path, start, ("a", "x")) == Today([], Last("local", "second", "ok"))
    assert today(path, start, ("x", "b")) == Today([], Last(None, None, "error"))
    assert today(path, start, ("c", "d")) == Today([], None)


def test_without_a_ledger(tmp_path: Path) -> None:
    assert today(tmp_path / "none.sqlite3", 0) is None
    sqlite3.connect(tmp_path / "empty.sqlite3").close()
    (tmp_path / "empty.sqlite3").touch()
    assert today(tmp_path / "empty.sqlite3", 0) is None
    (tmp_path / "bad.sqlite3").write_text("no database, and long enough to be looked at as one " * 100)
    with pytest.raises(sqlite3.Error):
        today(tmp_path / "bad.sqlite3", 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bad.sqlite3", "empty.sqlite3"]
