"""What is told of the sources of the figures: what counts of each, what does not, and why."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent_telemetry.coverage import coverage, dropped
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.random_ledger import make

WHEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DUPLICATES = {"a": None, "b": "proxy", "c": "claude", "d": "otlp:event", "e": "otlp:span", "f": "otlp:sum"}


def test_telemetry(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(open_ledger(path)) as conn:
        for key, duplicate in DUPLICATES.items():
            row = UsageRecord(source="otlp", key=key, time=WHEN, input=5, output=1, duplicate=duplicate)
            conn.execute(UPSERT, values(row))
        state = msgspec.msgpack.encode({"the router's own": 7})
        conn.execute("INSERT INTO states (name, state) VALUES ('otlp', ?)", [state])
    (source,) = coverage(path)
    assert (source.name, source.calls, source.unpriced) == ("otlp", 1, 1)
    assert source.dropped == dropped(path) == {"proxied": 1, "logged": 1, "told twice": 3}
    assert source.skipped == {"the router's own": 7}


def test_nothing_but_what_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(open_ledger(path)) as conn:
        state = msgspec.msgpack.encode({"the router's own": 7})
        conn.execute("INSERT INTO states (name, state) VALUES ('otlp', ?)", [state])
    (source,) = coverage(path)
    assert (source.calls, source.skipped) == (0, {"the router's own": 7})


@pytest.mark.parametrize("seed", range(6))
def test_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, seed)
    found = {each.name: each for each in coverage(path)}
    assert set(found) == {call.source for call in calls}
    for name, source in found.items():
        mine = [call for call in calls if call.source == name]
        counted = [call for call in mine if call.duplicate is None]
        assert source.calls == len(counted)
        assert source.dropped == ({"proxied": len(mine) - len(counted)} if len(mine) > len(counted) else {})
        assert source.unpriced == sum(call.billed is None and call.equivalent is None for call in counted)
        times = [call.time.astimezone(UTC).isoformat(timespec="seconds") for call in mine]
        assert (source.first, source.last) == (min(times), max(times))
    assert dropped(path) == dict(Counter("proxied" for call in calls if call.duplicate is not None))
