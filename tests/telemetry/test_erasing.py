"""What is forgotten is gone: from the rows, the sums and the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_telemetry.erasing import erase, outdated, remember_again
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.usage_record import UsageRecord


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def conn(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_ledger(path)) as conn:
        for i in range(10):
            agent = "claude" if i % 2 else "codex"
            row = UsageRecord(
                source="proxy" if i < 4 else agent,
                key=f"secret-key-{i}",
                time=_at(i),
                agent=agent,
                model="m",
                output=1 << i,
            )
            conn.execute(UPSERT, values(row))
            conn.execute("INSERT INTO trials (call, time, purpose) VALUES (?, 0, 'audit')", [row.key])
            conn.execute("INSERT INTO outcomes (call, time, signal) VALUES (?, 0, 's')", [row.key])
        yield conn


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(1_790_000_000 + seconds, UTC)


def _milliseconds(seconds: float) -> int:
    return round((1_790_000_000 + seconds) * 1000)


def left(conn: sqlite3.Connection) -> list[int]:
    return [key for (key,) in conn.execute("SELECT substr(key, 12) + 0 FROM calls ORDER BY time")]


def test_before(conn: sqlite3.Connection) -> None:
    assert outdated(conn, _milliseconds(3))
    assert erase(conn, before=_milliseconds(3)) == 3
    assert left(conn) == list(range(3, 10))
    assert not outdated(conn, _milliseconds(3))
    assert conn.execute("SELECT sum(output) FROM sums").fetchone() == (1024 - 8,)
    assert conn.execute("SELECT sum(output) FROM session_sums").fetchone() == (1024 - 8,)
    for table in ("trials", "outcomes"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (7,)


def test_an_agent(conn: sqlite3.Connection) -> None:
    assert erase(conn, "claude", before=_milliseconds(100)) == 5
    assert left(conn) == [0, 2, 4, 6, 8]
    assert conn.execute("SELECT agent FROM kinds").fetchall() == [("codex",)]


def test_all_of_it_leaves_nothing_in_the_file(conn: sqlite3.Connection, path: Path) -> None:
    assert erase(conn, before=_milliseconds(100)) == 10
    for table in ("calls", "sums", "session_sums", "kinds", "kind_totals", "hour_totals", "session_totals"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    files = [each for each in (path, path.with_name(path.name + "-wal")) if each.exists()]
    assert not any(b"secret-key-3" in each.read_bytes() for each in files)


def test_the_later_limit_stays(conn: sqlite3.Connection) -> None:
    erase(conn, "claude", before=2000)
    erase(conn, "claude", before=1000)
    assert conn.execute("SELECT * FROM erased").fetchall() == [("claude", 2000)]
    remember_again(conn)
    assert conn.execute("SELECT * FROM erased").fetchall() == []
