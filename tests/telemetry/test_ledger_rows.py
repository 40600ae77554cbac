"""Rows as SQL."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from agent_telemetry.ledger import Ledger
from agent_telemetry.ledger_rows import TEXT_LENGTH, values
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.learning_rows import learned

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def test_text_is_bounded_but_for_our_own() -> None:
    row = UsageRecord(source="proxy", key="k", time=NOW, model="m" * 1000, decision="d" * 1000)
    found = dict(zip(UsageRecord.__struct_fields__, values(row), strict=True))
    assert (len(found["model"]), len(found["decision"])) == (TEXT_LENGTH, 1000)
    assert found["time"] == round(NOW.timestamp() * 1000)


def test_a_time_without_a_zone_is_utc() -> None:
    row = UsageRecord(source="proxy", key="k", time=NOW.replace(tzinfo=None))
    assert values(row)[2] == round(NOW.timestamp() * 1000)


def test_only_calls_are_counted_and_a_row_that_cannot_be_kept_takes_no_other_along(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.record(learned())
    ledger.record(Trial(call="k", time=NOW, purpose="shadow", provider="local", model="lone \ud800 surrogate"))
    ledger.record(UsageRecord(source="proxy", key="k", time=NOW))
    ledger.record(UsageRecord(source="proxy", key=None, time=NOW))  # type: ignore[arg-type]
    assert ledger.flush()
    assert (ledger.written, ledger.lost, ledger.pending) == (1, 1, 0)
    ledger.close()
    conn = sqlite3.connect(ledger.path)
    counts = [conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("calls", "trials", "families")]
    assert counts == [1, 1, 1]
    conn.close()
