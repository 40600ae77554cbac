"""The day's figures, beside those that the split gives for the same rows."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agent_telemetry.ledger import Ledger
from agent_telemetry.split import split
from agent_telemetry.today import Last, Today, Used, today
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


DAY_MS = 24 * 60 * 60 * 1000


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
                midnight + timedelta(minutes=dice.uniform(-300, 1800)),
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
    start = milliseconds(midnight)
    found = today(path, start, start + DAY_MS)
    tomorrow = midnight + timedelta(days=1)
    expected = split(path, lambda model, provider: ("unknown", None), since=midnight, until=tomorrow, zone=zone)
    assert found is not None
    assert sum(each.answered for each in found.used) == expected["all"]["requests"]
    assert sum(each.output for each in found.used) == expected["all"]["output"]
    for place in ("device", "hosted", "subscription", ""):
        leaf = expected["by_openness_place"][f"unknown/{place or 'unknown'}"]
        used = [each for each in found.used if each.place == place]
        assert sum(each.answered for each in used) == leaf["requests"]
        assert sum(each.tokens for each in used) == leaf["total_tokens"]
        assert sum(each.billed or 0 for each in used) == round((leaf["cost"]["billed"] or 0) * 1e6)


def test_what_is_known_of_a_model_at_a_place(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    rows = [
        call(1, now, model="m", place="hosted", input=3, cache_read=2, cache_write=1, output=4, equivalent=7),
        call(2, now, model="m", place="hosted", input=3, output=1, equivalent=5),
        call(3, now, model="m", place="hosted", input=9, output=9, duplicate="proxy"),
        call(4, now, model="m", place="device", route="local", billed=0),
    ]
    path = written(tmp_path / "l.sqlite3", rows)
    expected = (Used("m", "device", "local", 1, 0, 0, 0, None, None), Used("m", "hosted", "", 2, 5, 14, None, 12, None))
    # Whole hours come from sums, parts of them from calls.
    for before in (timedelta(hours=30), timedelta(milliseconds=1)):
        found = today(path, milliseconds(now - before), milliseconds(now) + 1)
        assert found == Today(expected, None)


def test_a_session_that_nobody_knows_and_one_of_yesterday(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    rows = [
        call(1, now - timedelta(days=2), session="a", route="closed", reason="first"),
        call(2, now - timedelta(days=1), session="a", route="local", reason="second"),
        call(3, now, session="raw-b", status="error"),
        UsageRecord(source="claude", key="4", time=now, session="raw-a"),
    ]
    path = written(tmp_path / "l.sqlite3", rows)
    start = milliseconds(now) + 1
    end = start + DAY_MS
    assert today(path, start, end) == Today((), None)
    assert today(path, start, end, ("a", "raw-a")) == Today((), Last("local", "second", "ok"))
    assert today(path, start, end, ("b", "raw-b")) == Today((), Last(None, None, "error"))
    assert today(path, start, end, ("c", "raw-c")) == Today((), None)


def test_without_a_ledger(tmp_path: Path) -> None:
    assert today(tmp_path / "none.sqlite3", 0, 1) is None
    sqlite3.connect(tmp_path / "empty.sqlite3").close()
    (tmp_path / "empty.sqlite3").touch()
    assert today(tmp_path / "empty.sqlite3", 0, 1) is None
    (tmp_path / "bad.sqlite3").write_text("no database, and long enough to be looked at as one " * 100)
    with pytest.raises(sqlite3.Error):
        today(tmp_path / "bad.sqlite3", 0, 1)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bad.sqlite3", "empty.sqlite3"]
