"""The ledger's schema: small functions in order, each applied once and recorded in the database.

A released function is never edited; a change is a new function at the end.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent_telemetry.agent_names import AGENT_NAMES
from agent_telemetry.local_days import BEGIN_MS, END_MS, keep, offsets
from agent_telemetry.sums import (
    FIRST,
    HOUR_MS,
    PAGES,
    ROLLUPS,
    SUMS,
    TRIAL_KEY,
    TRIAL_SUMS,
    all_trials,
    many_calls,
    one_call,
    one_trial,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

MIGRATIONS: list[Callable[[Database], None]] = []


class NewerLedger(Exception):
    """The database was written by a newer agent-router, whose tables this one does not know."""


def _database(conn: sqlite3.Connection) -> Database:
    """sqlite-utils, imported here because a schema is seldom out of date, and without numpy: it would import that
    where there is one, 0.2 s and 12 MB, to convert values of which there are none here."""
    absent = "numpy" not in sys.modules
    if absent:
        sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        from sqlite_utils import Database
    finally:
        if absent:
            del sys.modules["numpy"]
    return Database(conn, execute_plugins=False)


def migrate(conn: sqlite3.Connection) -> None:
    """Bring the open database (with `isolation_level=None`) up to date; does nothing where it is.

    Raises `NewerLedger` where the database knows migrations that this version does not, and `sqlite3.Error`.
    """
    if not _pending(conn):
        return
    db = _database(conn)
    # The write lock first, so that of two processes that start together one waits for the other.
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)")
        for migration in _pending(conn):
            migration(db)
            applied = (migration.__name__, datetime.now(UTC).isoformat(timespec="seconds"))
            conn.execute("INSERT INTO migrations VALUES (?, ?)", applied)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def is_current(conn: sqlite3.Connection) -> bool:
    """Whether the database has all that this version knows; one of a newer version has."""
    try:
        return not _pending(conn)
    except NewerLedger:
        return True


def _pending(conn: sqlite3.Connection) -> list[Callable[[Database], None]]:
    if not conn.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").fetchone():
        return list(MIGRATIONS)
    applied = {name for (name,) in conn.execute("SELECT name FROM migrations")}
    newer = applied - {migration.__name__ for migration in MIGRATIONS}
    if newer:
        raise NewerLedger(
            f"The ledger is of a newer agent-router (its schema has {max(newer)}). "
            "Install that one, or set AGENT_ROUTER_DATA to another folder."
        )
    return [migration for migration in MIGRATIONS if migration.__name__ not in applied]


def _migration(function: Callable[[Database], None]) -> Callable[[Database], None]:
    MIGRATIONS.append(function)
    return function


@_migration
def m001_calls(db: Database) -> None:
    """A row for each model call; `time` is milliseconds since 1970 UTC, money is micro-dollars."""
    text = ("agent", "session", "family", "requested_model", "model", "provider", "place", "route", "reason")
    columns: dict[str, type] = {"id": int, "source": str, "key": str, "time": int}
    columns |= dict.fromkeys(text, str)
    columns |= {"propensity": float, "wire": str, "stream": int, "status": str, "http_status": int}
    columns |= {"error": str, "attempts": int}
    columns |= dict.fromkeys(("input", "cache_read", "cache_write", "output", "reasoning"), int)
    columns |= dict.fromkeys(("billed", "equivalent", "avoided"), int)
    columns |= {"price_source": str, "price_version": str, "first_byte_ms": float, "latency_ms": float}
    calls = db.table("calls")
    calls.create(columns, pk="id", not_null={"source", "key", "time", "status"})
    calls.create_index(["source", "key"], unique=True)
    calls.create_index(["time"])


@_migration
def m002_sums(db: Database) -> None:
    """Sums of `calls` by kind of call and hour, kept by triggers.

    Grouping a million calls takes 2.4 s, these sums of them 0.1 s; the triggers cost 3 µs a row, on the writer's
    thread. Hours, because they add up to the days of nearly every time
    zone. Unknown text is '' here, because NULLs would not be equal in the unique index.
    `billed_known` counts the calls that `billed` sums over, so that nothing known can be told from zero.
    """
    kind = ("model", "provider", "place", "agent", "route")
    columns: dict[str, type] = {"id": int} | dict.fromkeys(kind, str)
    kinds = db.table("kinds")
    kinds.create(columns, pk="id", not_null=set(kind))
    kinds.create_index(["model", "agent", "provider", "place", "route"], unique=True)
    sums = (
        *("answered", "failed", "unknown_usage", "input", "cache_read", "cache_write", "output", "reasoning"),
        *("billed", "billed_known", "equivalent", "equivalent_known", "avoided", "avoided_known"),
    )
    declared = ", ".join(f"{name} INTEGER NOT NULL" for name in sums)
    db.execute(
        f"CREATE TABLE sums (kind INTEGER NOT NULL REFERENCES kinds(id), hour INTEGER NOT NULL, {declared},"
        " PRIMARY KEY (kind, hour)) WITHOUT ROWID"
    )
    db.execute(f"CREATE TRIGGER calls_inserted AFTER INSERT ON calls BEGIN {_add('new', sums)} END")
    both = _add("old", sums, "-") + _add("new", sums)
    db.execute(f"CREATE TRIGGER calls_updated AFTER UPDATE ON calls BEGIN {both} END")
    db.execute(f"CREATE TRIGGER calls_deleted AFTER DELETE ON calls BEGIN {_add('old', sums, '-')} END")


def _add(row: str, sums: tuple[str, ...], sign: str = "") -> str:
    """SQL that adds the trigger's `new` or `old` row to its sums, or with sign `-` takes it away.

    Not `INSERT OR IGNORE`: within a trigger the policy of the statement that fired it goes before.
    """
    kind = ("model", "provider", "place", "agent", "route")
    values = ", ".join(f"coalesce({row}.{name}, '')" for name in kind)
    same = " AND ".join(f"{name} = coalesce({row}.{name}, '')" for name in kind)
    answered = f"({row}.status IN ('ok', 'cut') OR ({row}.status = 'cancelled' AND coalesce({row}.output, 0) > 0))"
    no_usage = f"({answered} AND {row}.input IS NULL AND {row}.output IS NULL)"
    terms = [f"{answered}", f"NOT {answered}", no_usage]
    terms += [f"coalesce({row}.{name}, 0)" for name in sums[3:8]]
    for money in ("billed", "equivalent", "avoided"):
        terms += [f"coalesce({row}.{money}, 0)", f"({row}.{money} IS NOT NULL)"]
    contributions = ", ".join(f"{sign}({term})" for term in terms)
    updates = ", ".join(f"{name} = {name} + excluded.{name}" for name in sums)
    return (
        f"INSERT INTO kinds ({', '.join(kind)}) VALUES ({values}) ON CONFLICT DO NOTHING;"  # noqa: S608
        f"INSERT INTO sums SELECT id, {row}.time / {HOUR_MS}, {contributions} FROM kinds WHERE {same} "
        f"ON CONFLICT (kind, hour) DO UPDATE SET {updates};"
    )


@_migration
def m003_learning(db: Database) -> None:
    """What was decided and why, what else was run, what was learnt. Times are milliseconds since 1970 UTC; in
    `families` and `moves` seconds."""
    db.execute("ALTER TABLE calls ADD COLUMN decision TEXT")
    db.execute("CREATE INDEX calls_key ON calls (key)")
    text = ("purpose", "provider", "model", "family", "kind", "problem")
    columns: dict[str, type] = {"id": int, "call": str, "time": int} | dict.fromkeys(text, str)
    columns |= {"score": float, "agree": int, "input": int, "cache_read": int, "output": int, "seconds": float}
    trials = db.table("trials")
    trials.create(columns, pk="id", not_null={"call", "time", "purpose"})
    trials.create_index(["call"])
    trials.create_index(["time"])
    columns = {"id": int, "call": str, "time": int, "route": str, "signal": str, "family": str, "comment": str}
    columns |= {"good": float, "f1": float, "f0": float}
    outcomes = db.table("outcomes")
    outcomes.create(columns, pk="id", not_null={"call", "time", "signal"})
    outcomes.create_index(["call"])
    outcomes.create_index(["time"])
    columns = {"name": str, "kind": str, "label": str, "agents": str, "nodes": str, "rung": str}
    columns |= {"first_seen": float, "last_seen": float, "mean": float, "lower": float, "evidence": float}
    columns |= {"closed_seconds": float, "local_seconds": float, "output": float, "saved": float}
    columns |= dict.fromkeys(("requests", "local", "escalated", "shadowed"), int)
    db.table("families").create(columns, pk="name")
    moves = db.table("moves")
    moves.create({"id": int, "family": str, "time": float, "before": str, "after": str, "why": str}, pk="id")
    moves.create_index(["family"])
    db.execute(
        "CREATE TABLE nodes (model TEXT NOT NULL, id TEXT NOT NULL, good REAL NOT NULL, total REAL NOT NULL,"
        " new REAL NOT NULL, PRIMARY KEY (model, id)) WITHOUT ROWID"
    )
    db.table("states").create({"name": str, "state": bytes}, pk="name")
    db.table("pins").create({"family": str, "route": str}, pk="family")
    db.table("forgotten").create({"family": str}, pk="family")


@_migration
def m004_imports(db: Database) -> None:
    """Calls that agents' own logs tell of, beside the router's own; which of two rows of one call counts; sums by
    session. `origin` is the log that a row came from, in `logs`.

    While there is a row in `bulk`, which only the transaction that puts it there sees, inserted calls are not summed
    one by one: an import sums tens of thousands at once, in a fifth of the time.
    """
    for column in ("cache_write_1h INTEGER", "response_id TEXT", "duplicate TEXT", "origin INTEGER"):
        db.execute(f"ALTER TABLE calls ADD COLUMN {column}")
    db.execute("DROP INDEX calls_key")  # read with the source, for which there is another index
    db.execute("CREATE INDEX calls_duplicate ON calls (duplicate) WHERE duplicate IS NOT NULL")
    db.execute(
        "CREATE TABLE logs (id INTEGER PRIMARY KEY, source TEXT NOT NULL, path BLOB NOT NULL, inode INTEGER NOT NULL,"
        " size INTEGER NOT NULL, modified INTEGER NOT NULL, offset INTEGER NOT NULL, mark BLOB NOT NULL,"
        " state BLOB NOT NULL, counts BLOB NOT NULL, UNIQUE (source, path))"
    )
    db.execute("CREATE TABLE erased (agent TEXT PRIMARY KEY, before INTEGER NOT NULL)")
    db.execute("CREATE TABLE bulk (running INTEGER)")
    declared = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)
    db.execute(
        f"CREATE TABLE session_sums (session TEXT NOT NULL, agent TEXT NOT NULL, hour INTEGER NOT NULL, {declared},"
        " PRIMARY KEY (hour, session, agent)) WITHOUT ROWID"
    )
    # Those of the whole ledger are asked for the most, and may be a thousandth as many as those by kind and hour.
    for table, key in (
        ("kind_totals", "kind INTEGER"),
        ("hour_totals", "hour INTEGER"),
        ("session_totals", "session TEXT"),
    ):
        db.execute(f"CREATE TABLE {table} ({key} NOT NULL PRIMARY KEY, {declared}) WITHOUT ROWID")
    for event in ("inserted", "updated", "deleted"):
        db.execute(f"DROP TRIGGER calls_{event}")  # they are of agent_telemetry.sums from now on
    for old, new in AGENT_NAMES.items():
        db.execute("UPDATE calls SET agent = ? WHERE agent = ?", [new, old])
    db.execute("DELETE FROM sums")
    db.execute("DELETE FROM kinds")
    many_calls(db.conn, 0, FIRST)
    added, removed = one_call(FIRST, "new"), one_call(FIRST, "old", "-")
    _trigger(db, "calls_inserted AFTER INSERT", "NOT EXISTS (SELECT 1 FROM bulk)", added)
    _trigger(db, "calls_replaced BEFORE UPDATE", "true", removed)
    _trigger(db, "calls_updated AFTER UPDATE", "true", added)
    _trigger(db, "calls_deleted AFTER DELETE", "true", removed)


def _trigger(db: Database, event: str, condition: str, sql: str) -> None:
    db.execute(f"CREATE TRIGGER {event} ON calls WHEN {condition} BEGIN {sql} END")


@_migration
def m005_rollups(db: Database) -> None:
    """What every page asks for, summed up: so that it answers as quickly of a million calls as of ten.

    Days, weeks and months are those of `zone`; see `local_days.py`. `mixes` are what `kinds` differ in that says which
    part of the split a call belongs to: a twentieth as many, for sums by day. `unsummed` holds, for the transaction
    that puts it there, the last `id` that is in the sums: later calls are summed together at its end.
    """
    db.execute("CREATE TABLE zone (start INTEGER PRIMARY KEY, offset INTEGER NOT NULL)")
    keep(db.conn, offsets(BEGIN_MS, END_MS, None))
    db.execute("CREATE TABLE mixes (id INTEGER PRIMARY KEY, model TEXT, provider TEXT, place TEXT)")
    db.execute("CREATE UNIQUE INDEX mixes_names ON mixes (model, provider, place)")
    db.execute("ALTER TABLE kinds ADD COLUMN mix INTEGER")
    db.execute("INSERT INTO mixes (model, provider, place) SELECT DISTINCT model, provider, place FROM kinds")
    same = "mixes.model = kinds.model AND mixes.provider = kinds.provider AND mixes.place = kinds.place"
    db.execute(f"UPDATE kinds SET mix = (SELECT id FROM mixes WHERE {same})")  # noqa: S608
    mixed = f"UPDATE kinds SET mix = (SELECT id FROM mixes WHERE {same}) WHERE id = new.id;"  # noqa: S608
    known = "INSERT INTO mixes (model, provider, place) VALUES (new.model, new.provider, new.place)"
    db.execute(f"CREATE TRIGGER kinds_inserted AFTER INSERT ON kinds BEGIN {known} ON CONFLICT DO NOTHING; {mixed} END")
    for rollup in PAGES:
        text = {"session", "family", "task", "problem", "source", "status", "duplicate"}
        key = ", ".join(f"{name} {'TEXT' if name in text else 'INTEGER'} NOT NULL" for name in rollup.key)
        sums = ", ".join(f"{name} INTEGER NOT NULL" for name in rollup.sums)
        db.execute(f"CREATE TABLE {rollup.table} ({key}, {sums}, PRIMARY KEY ({', '.join(rollup.key)})) WITHOUT ROWID")
    many_calls(db.conn, 0, PAGES)
    for event in ("inserted", "replaced", "updated", "deleted"):
        db.execute(f"DROP TRIGGER calls_{event}")
    added, removed = one_call(ROLLUPS, "new"), one_call(ROLLUPS, "old", "-")
    # Not `bulk`, so that an older version that still runs cannot add rows which it does not sum.
    db.execute("DROP TABLE bulk")
    db.execute("CREATE TABLE unsummed (after INTEGER)")
    summed = "NOT EXISTS (SELECT 1 FROM unsummed WHERE {row}.id > after)"
    _trigger(db, "calls_inserted AFTER INSERT", summed.format(row="new"), added)
    _trigger(db, "calls_replaced BEFORE UPDATE", summed.format(row="old"), removed)
    _trigger(db, "calls_updated AFTER UPDATE", summed.format(row="new"), added)
    _trigger(db, "calls_deleted AFTER DELETE", summed.format(row="old"), removed)
    key = ", ".join(f"{name} {'INTEGER' if name == 'day' else 'TEXT'} NOT NULL" for name in TRIAL_KEY)
    declared = ", ".join(f"{name} INTEGER NOT NULL" for name in TRIAL_SUMS)
    db.execute(f"CREATE TABLE trial_days ({key}, {declared}, PRIMARY KEY ({', '.join(TRIAL_KEY)})) WITHOUT ROWID")
    all_trials(db.conn)
    db.execute(f"CREATE TRIGGER trials_inserted AFTER INSERT ON trials BEGIN {one_trial('new')}; END")
    db.execute(f"CREATE TRIGGER trials_deleted AFTER DELETE ON trials BEGIN {one_trial('old', '-')}; END")
    db.execute("CREATE INDEX calls_session ON calls (session, time) WHERE session IS NOT NULL")
    db.execute("CREATE INDEX calls_family ON calls (family, time) WHERE family IS NOT NULL")
    db.execute("CREATE INDEX calls_audit ON calls (time) WHERE source = 'audit'")
    db.execute("CREATE INDEX calls_status ON calls (status, time) WHERE status != 'ok'")
