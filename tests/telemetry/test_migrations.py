"""The schema: applied once, by one of several, and its sums equal to what they sum."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_telemetry.migrations import HOUR_MS, MIGRATIONS, NewerLedger, migrate
from agent_telemetry.usage_record import UsageRecord


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    yield conn
    conn.close()


def test_names_are_in_order() -> None:
    names = [migration.__name__ for migration in MIGRATIONS]
    assert [name[:5] for name in names] == [f"m{i:03}_" for i in range(1, len(names) + 1)]
    assert all(migration.__doc__ for migration in MIGRATIONS)


def test_applied_once_and_recorded(conn: sqlite3.Connection) -> None:
    migrate(conn)
    schema = conn.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    migrate(conn)
    assert conn.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall() == schema
    names = [name for (name,) in conn.execute("SELECT name FROM migrations ORDER BY name")]
    assert names == [migration.__name__ for migration in MIGRATIONS]


def test_a_column_for_every_field(conn: sqlite3.Connection) -> None:
    migrate(conn)
    columns = {row[1] for row in conn.execute("PRAGMA table_info(calls)")}
    assert columns == {"id", "origin", *UsageRecord.__struct_fields__}


def test_a_failed_migration_leaves_nothing(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def m003_breaks(db: object) -> None:
        conn.execute("CREATE TABLE half (a)")
        raise sqlite3.OperationalError("no")

    monkeypatch.setattr("agent_telemetry.migrations.MIGRATIONS", [*MIGRATIONS, m003_breaks])
    with pytest.raises(sqlite3.OperationalError):
        migrate(conn)
    assert conn.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_newer_is_refused(conn: sqlite3.Connection) -> None:
    migrate(conn)
    conn.execute("INSERT INTO migrations VALUES ('m999_later', '2030-01-01')")
    with pytest.raises(NewerLedger, match="m999_later"):
        migrate(conn)


def test_two_that_start_together(tmp_path: Path) -> None:
    faults: list[Exception] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        conn = sqlite3.connect(tmp_path / "l.db", isolation_level=None, timeout=20)
        barrier.wait()
        try:
            migrate(conn)
        except Exception as fault:
            faults.append(fault)
        finally:
            conn.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_sums_follow_inserts_updates_and_deletes(conn: sqlite3.Connection) -> None:
    """Against the same figures counted from the rows, after random changes of every column that is summed."""
    migrate(conn)
    chance = random.Random(3)

    def maybe(value: object) -> object:
        return None if chance.random() < 0.3 else value

    for i in range(400):
        values = {
            "source": "proxy",
            "key": str(i % 150),
            "time": chance.randrange(20 * HOUR_MS),
            "status": chance.choice(["ok", "error", "cancelled", "cut"]),
            "model": maybe(chance.choice("ab")),
            "place": maybe("device"),
            "input": maybe(chance.randrange(9)),
            "output": maybe(chance.randrange(3)),
            "cache_read": maybe(chance.randrange(9)),
            "billed": maybe(chance.randrange(9)),
        }
        names = ", ".join(values)
        updates = ", ".join(f"{name} = excluded.{name}" for name in values)
        conn.execute(
            f"INSERT INTO calls ({names}) VALUES ({', '.join('?' * len(values))}) "
            f"ON CONFLICT (source, key) DO UPDATE SET {updates}",
            list(values.values()),
        )
        if i % 7 == 0:
            conn.execute("DELETE FROM calls WHERE key = ?", [str(chance.randrange(150))])
    answered = "(status IN ('ok', 'cut') OR status = 'cancelled' AND coalesce(output, 0) > 0)"
    counted = conn.execute(
        f"SELECT coalesce(model, ''), time / {HOUR_MS}, sum({answered}), sum(NOT {answered}), "
        f"sum({answered} AND input IS NULL AND output IS NULL), total(input), total(output), total(cache_read), "
        "total(billed), count(billed) FROM calls GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    summed = conn.execute(
        "SELECT model, hour, sum(answered), sum(failed), sum(unknown_usage), sum(input), sum(output), "
        "sum(cache_read), sum(billed), sum(billed_known) FROM sums JOIN kinds ON kinds.id = kind "
        "GROUP BY 1, 2 HAVING sum(answered + failed) ORDER BY 1, 2"
    ).fetchall()
    assert len(counted) > 20
    assert summed == counted
