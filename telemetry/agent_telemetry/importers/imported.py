"""Writes what was read of logs into the ledger, with how far each was read, a transaction for many."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from agent_telemetry.importers.log_states import LogState, Stamp, changed_meanwhile, number, store
from agent_telemetry.importers.merging import merged
from agent_telemetry.importers.reader import Changed, Reading
from agent_telemetry.ledger_reader import record
from agent_telemetry.ledger_rows import TEXT_LENGTH, milliseconds
from agent_telemetry.sums import many_calls
from agent_telemetry.usage_record import UsageRecord

TOGETHER: Final = 10_000
"""Rows of a transaction: it holds others up for some 0.1 s."""
_BULK: Final = 500  # rows from which on it is quicker to sum them together
_ROW_FAULTS: Final = (OverflowError, UnicodeEncodeError, sqlite3.DataError, sqlite3.InterfaceError)

# What a log can tell of a call, with what is found out about it; the columns that only the router fills stay empty.
_TEXT: Final = ("source", "key", "agent", "session", "requested_model", "model", "provider", "response_id", "error")
_COLUMNS: Final = (
    *("time", *_TEXT, "place", "wire", "status", "attempts"),
    *("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning"),
    *("billed", "equivalent", "avoided", "price_source", "price_version", "first_byte_ms", "latency_ms"),
)
_fields = attrgetter(*_COLUMNS)
_KEY = 1 + _TEXT.index("key")
_INSERT = f"INSERT INTO calls ({', '.join(_COLUMNS)}, origin) VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"  # noqa: S608
_UPDATE = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE id = ?"  # noqa: S608
_ALL = UsageRecord.__struct_fields__
_THERE = (
    f"SELECT id, origin, {', '.join(_ALL)} FROM calls "  # noqa: S608
    "WHERE source = ? AND key IN (SELECT value FROM json_each(?))"
)
_NO_STAMP: Final = Stamp(0, -1, 0)

Enrich = Callable[[UsageRecord], UsageRecord]
Values = tuple[Any, ...]


class Written(msgspec.Struct):
    """What transactions have changed: calls by source that are new, and that have grown; the time of the earliest of
    them, in milliseconds since 1970."""

    new: Counter[str] = msgspec.field(default_factory=Counter)
    grown: Counter[str] = msgspec.field(default_factory=Counter)
    earliest: int | None = None


class _There(NamedTuple):
    """A call that the ledger has, and the log that it is from."""

    id: int
    origin: int | None
    row: UsageRecord


def write(conn: sqlite3.Connection, batch: list[tuple[Changed, Reading]], enrich: Enrich, written: Written) -> None:
    """Write readings in one transaction, and note in `written` what it changed.

    What another import has read meanwhile is left out. Raises `sqlite3.Error`; then nothing is written.
    """
    conn.execute("BEGIN IMMEDIATE")
    try:
        _Transaction(conn, enrich, written).write(batch)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


class _Transaction:
    """What is to be written, gathered before it is."""

    def __init__(self, conn: sqlite3.Connection, enrich: Enrich, written: Written) -> None:
        self._conn = conn
        self._enrich = enrich
        self._written = written
        self._erased: dict[str, int] = dict(conn.execute("SELECT agent, before FROM erased"))
        self._inserts: list[Values] = []
        self._updates: list[Values] = []
        self._states: list[LogState] = []

    def write(self, batch: list[tuple[Changed, Reading]]) -> None:
        gone = changed_meanwhile(self._conn, [each.before for each, _ in batch])
        by_source: dict[str, list[tuple[Changed, Reading]]] = {}
        for each, reading in batch:
            before = each.before
            if (before.source, before.path) not in gone:
                by_source.setdefault(before.source, []).append((each, reading))
        number(self._conn, (each.before for readings in by_source.values() for each, _ in readings))
        for source, readings in by_source.items():
            self._merge(source, readings)
        store(self._conn, self._states)
        self._calls()

    def _merge(self, source: str, readings: list[tuple[Changed, Reading]]) -> None:
        """Set the calls of a source against those that the ledger has, and against each other."""
        there = _there(self._conn, source, [row.key for _, reading in readings for row in reading.rows])
        added: dict[str, tuple[UsageRecord, int]] = {}  # with the log that told of it first
        grown: dict[str, _There] = {}
        for each, reading in readings:
            log = each.before.id
            assert log is not None
            counts = Counter(each.before.counts) if not reading.fresh else Counter[str]()
            counts.update(reading.counts)
            rows: Sequence[UsageRecord] = reading.rows
            for row in rows:
                if self._erased and self._is_erased(row):
                    counts["erased"] += 1
                elif (known := there.get(row.key)) is not None:
                    if known.origin != log:
                        counts["copied"] += 1
                    else:
                        counts["calls" if reading.fresh else "repeated"] += 1
                    whole = merged(known.row, row)  # not known.row itself, where it has changed
                    if whole is not known.row:
                        there[row.key] = grown[row.key] = known._replace(row=whole)
                elif (ours := added.get(row.key)) is not None:
                    counts["copied"] += 1
                    added[row.key] = (merged(ours[0], row), ours[1])
                else:
                    counts["calls"] += 1
                    added[row.key] = (row, log)
            self._states.append(_after(each, reading, counts))
        self._inserts += [(*self._values(row), log) for row, log in added.values()]
        self._updates += [(*self._values(known.row), known.id) for known in grown.values()]
        self._written.new[source] += len(added)
        self._written.grown[source] += len(grown)

    def _is_erased(self, row: UsageRecord) -> bool:
        """Whether the user had calls of that time forgotten: its agent's, or all."""
        time = milliseconds(row.time)
        return time < self._erased.get("", 0) or time < self._erased.get(row.agent or "", 0)

    def _values(self, row: UsageRecord) -> Values:
        time, *values = _fields(self._enrich(row))
        for place in range(len(_TEXT)):
            value = values[place]
            if value is not None and len(value) > TEXT_LENGTH:
                values[place] = value[:TEXT_LENGTH]
        time = milliseconds(time)
        earliest = self._written.earliest
        if earliest is None or time < earliest:
            self._written.earliest = time
        return (time, *values)

    def _calls(self) -> None:
        (last,) = self._conn.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()
        in_bulk = len(self._inserts) >= _BULK
        if in_bulk:
            self._conn.execute("INSERT INTO bulk VALUES (1)")
        self._inserts.sort(key=_by_key)  # in the order of the index, which is quicker
        self._execute(_INSERT, self._inserts)
        self._execute(_UPDATE, self._updates)
        if in_bulk:
            self._conn.execute("DELETE FROM bulk")
            many_calls(self._conn, after=last)

    def _execute(self, sql: str, rows: list[Values]) -> None:
        self._conn.execute("SAVEPOINT rows")
        try:
            self._conn.executemany(sql, rows)
        except _ROW_FAULTS:
            # A number that is no count, half a character: that row is kept without it.
            self._conn.execute("ROLLBACK TO rows")
            self._conn.executemany(sql, [tuple(_sound(value) for value in row) for row in rows])
        self._conn.execute("RELEASE rows")


def _after(each: Changed, reading: Reading, counts: Counter[str]) -> LogState:
    """How far the log has been read now. A damaged one is not tried again before it changes."""
    if reading.failed:
        stamp = each.stamp if reading.failed == "damaged" else _NO_STAMP
        return structs.replace(each.before, stamp=stamp, counts={**each.before.counts, "unreadable": 1})
    counts.pop("unreadable", None)
    return LogState(
        id=each.before.id,
        source=each.before.source,
        path=each.before.path,
        stamp=each.stamp,
        offset=reading.offset,
        mark=reading.mark,
        state=reading.state,
        counts=dict(counts),
    )


def _there(conn: sqlite3.Connection, source: str, keys: list[str]) -> dict[str, _There]:
    if not keys or not conn.execute("SELECT 1 FROM calls WHERE source = ? LIMIT 1", [source]).fetchone():
        return {}
    found = {}
    for id, origin, *fields in conn.execute(_THERE, [source, msgspec.json.encode(keys).decode()]):
        row = record(tuple(fields))
        found[row.key] = _There(id, origin, row)
    return found


def _by_key(values: Values) -> tuple[str, str]:
    return values[_KEY - 1], values[_KEY]


def _sound(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
