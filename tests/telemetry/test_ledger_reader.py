"""Reading beside a writer, from nothing, and from what is no ledger."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_telemetry import migrations
from agent_telemetry.ledger import Ledger
from agent_telemetry.ledger_reader import reading, recent, sums_by_day
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 16, 12, 0, 0, 123000, tzinfo=UTC)


def test_recent_gives_back_what_was_recorded_newest_first(tmp_path: Path) -> None:
    rows = [
        UsageRecord(source="proxy", key=str(i), time=WHEN + timedelta(seconds=i), stream=bool(i % 2), output=i)
        for i in range(60)
    ]
    ledger = Ledger(tmp_path / "ledger.db")
    for row in rows:
        ledger.record(row)
    ledger.flush()
    assert recent(ledger.path) == rows[:-51:-1]
    assert recent(ledger.path, 2) == [rows[59], rows[58]]
    ledger.close()
    assert recent(ledger.path, 1) == [rows[59]]


def test_a_missing_ledger_is_empty_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "no" / "ledger.db"
    assert recent(path) == []
    assert sums_by_day(path) == []
    assert not path.parent.exists()


def test_a_file_that_is_no_ledger_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        recent(path)


def test_an_open_reader_does_not_stop_the_writer(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.record(UsageRecord(source="proxy", key="a", time=WHEN))
    assert ledger.flush()
    with reading(ledger.path) as conn:
        assert conn is not None
        assert conn.execute("SELECT count(*) FROM calls").fetchone() == (1,)
        ledger.record(UsageRecord(source="proxy", key="b", time=WHEN))
        assert ledger.flush()
        assert conn.execute("SELECT count(*) FROM calls").fetchone() == (1,)  # its snapshot
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            conn.execute("DELETE FROM calls")
    assert len(recent(ledger.path)) == 2
    ledger.close()


def test_a_path_with_odd_characters(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é" if os.name == "posix" else tmp_path / "a b#d%20é"
    ledger = Ledger(path)
    ledger.record(UsageRecord(source="proxy", key="a", time=WHEN))
    ledger.close()
    assert len(recent(path)) == 1


def old_ledger(path: Path) -> None:
    """One as the version before agents' logs were read left it."""
    conn = sqlite3.connect(path, isolation_level=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        migrations.migrate(conn)
    conn.execute(
        "INSERT INTO calls (source, key, time, model, status, attempts) VALUES ('proxy', 'a', 1, 'm', 'ok', 1)"
    )
    conn.close()


def test_a_ledger_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    old_ledger(path)
    with reading(path) as conn:
        assert conn is not None
        assert conn.execute("SELECT sum(answered) FROM session_sums").fetchone() == (1,)
    assert [row.model for row in recent(path)] == ["m"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_one_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    old_ledger(path)
    path.chmod(0o400)
    with pytest.raises(sqlite3.Error, match="older version"):
        recent(path)
