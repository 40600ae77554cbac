"""The sums that the ledger keeps: equal to what they sum, whichever way a call came, went or was changed."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent_telemetry import migrations
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_reader import recent
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.local_days import follow_zone
from agent_telemetry.migrations import MIGRATIONS, migrate
from agent_telemetry.sums import FIRST, ROLLUPS, TRIAL_KEY, TRIAL_SUMS, all_trials, many_calls
from agent_telemetry.trend import trend
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.random_ledger import BEGIN, classify, make, random_call

Sums = dict[str, list[tuple[object, ...]]]


def kept(conn: sqlite3.Connection) -> Sums:
    """All sums, with names in the place of numbers, and without those of nothing."""
    found: Sums = {}
    for rollup in ROLLUPS:
        names = []
        for column in rollup.key:
            table = {"kind": "kinds", "mix": "mixes"}.get(column)
            told = "model || '/' || provider || '/' || place" + (
                " || '/' || agent || '/' || route" if table == "kinds" else ""
            )
            names.append(f"(SELECT {told} FROM {table} WHERE id = {column})" if table else column)
        sql = f"SELECT {', '.join((*names, *rollup.sums))} FROM {rollup.table}"
        rows = conn.execute(sql).fetchall()
        found[rollup.table] = sorted(row for row in rows if any(row[len(rollup.key) :]))
    sql = f"SELECT {', '.join((*TRIAL_KEY, *TRIAL_SUMS))} FROM trial_days WHERE runs > 0 ORDER BY 1, 2, 3"
    return found | {"trial_days": conn.execute(sql).fetchall()}


def counted(conn: sqlite3.Connection) -> Sums:
    """The same of the calls as they are now, in a transaction that is taken back."""
    conn.execute("BEGIN")
    for rollup in ROLLUPS:
        conn.execute(f"DELETE FROM {rollup.table}")
    conn.execute("DELETE FROM trial_days")
    many_calls(conn, 0)
    all_trials(conn)
    found = kept(conn)
    conn.execute("ROLLBACK")
    return found


@pytest.mark.parametrize("seed", range(10))
def test_equal_to_what_they_sum(tmp_path: Path, seed: int) -> None:
    make(tmp_path / "ledger.sqlite3", seed)
    with closing(open_ledger(tmp_path / "ledger.sqlite3")) as conn:
        found = kept(conn)
        assert found == counted(conn)
        assert all(found.values())
        for rollup in ROLLUPS:
            assert all(row[len(rollup.key) :] >= (0,) for row in found[rollup.table])


def old(path: Path, seed: int, number: int = 300) -> None:
    """A ledger as the version before left it."""
    draw = random.Random(seed)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn, pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:4])
        migrate(conn)
        for key in range(number):
            conn.execute(UPSERT, values(random_call(draw, key)))
        conn.execute("INSERT INTO trials (call, time, purpose, seconds) VALUES ('a', 5, 'shadow', 0.5)")


def schema(conn: sqlite3.Connection) -> list[tuple[str, ...]]:
    return conn.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_an_old_ledger_gets_the_same_schema_and_sums(tmp_path: Path) -> None:
    old(tmp_path / "old", 1)
    with closing(open_ledger(tmp_path / "old")) as conn, closing(open_ledger(tmp_path / "new")) as fresh:
        assert schema(conn) == schema(fresh)
        assert kept(conn) == counted(conn)
        assert conn.execute("SELECT count(*) FROM mixes WHERE model = 'm0'").fetchone() > (1,)
        draw = random.Random(2)
        for key in range(250, 350):
            conn.execute(UPSERT, values(random_call(draw, key)))
        assert kept(conn) == counted(conn)


def test_one_that_is_interrupted_leaves_the_old_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.sqlite3"
    old(path, 1)
    with closing(sqlite3.connect(path)) as conn:
        before = schema(conn), conn.execute("SELECT * FROM sums").fetchall()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "all_trials", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_ledger(path)
    with closing(sqlite3.connect(path)) as conn:
        assert (schema(conn), conn.execute("SELECT * FROM sums").fetchall()) == before
    assert len(recent(path, 1000)) > 200


def test_an_older_version_that_still_runs_cannot_add_calls_that_it_does_not_sum(tmp_path: Path) -> None:
    with (
        closing(open_ledger(tmp_path / "ledger.sqlite3")) as conn,
        pytest.raises(sqlite3.OperationalError, match="bulk"),
    ):
        conn.execute("INSERT INTO bulk VALUES (1)")


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def test_days_follow_the_system_s_zone(tmp_path: Path, system: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.sqlite3"
    call = UsageRecord(source="proxy", key="a", time=BEGIN, model="m0", family="title-1")  # 22:41 UTC
    seen = set()
    for zone in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Kathmandu", "America/St_Johns"):
        system.setenv("TZ", zone)
        time.tzset()
        with closing(open_ledger(path)) as conn:
            conn.execute(UPSERT, values(call))
            assert kept(conn) == counted(conn)
            assert not follow_zone(conn)
            seen.add(conn.execute("SELECT max(day) FROM mix_days").fetchone())
        [row] = trend(path, classify, ("day", "task"))
        assert row.keys == (BEGIN.astimezone().date().isoformat(), "title")
    assert len(seen) == 2


def test_those_of_the_first_version_are_among_them() -> None:
    assert ROLLUPS[: len(FIRST)] == FIRST
