"""Writes what was read of logs into the ledger, with how far each was read, a transaction for many."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from agent_telemetry.importers.log_states import LogState, Stamp, store, unchanged
from agent_telemetry.importers.merging import merged
from agent_telemetry.importers.reader import Changed, Reading
from agent_telemetry.ledger_reader import record
from agent_telemetry.ledger_rows import milliseconds, values
from agent_telemetry.sums import many_calls
from agent_telemetry.usage_record import UsageRecord

TOGETHER: Final = 10_000
"""Rows of a transaction: it holds others up for some 0.1 s."""
_BULK: Final = 500  # rows from which on it is quicker to sum them together
_FIELDS = UsageRecord.__struct_fields__
_INSERT = f"INSERT INTO calls ({', '.join(_FIELDS)}, origin) VALUES ({', '.join('?' * (len(_FIELDS) + 1))})"  # noqa: S608
_UPDATE = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in _FIELDS)} WHERE id = ?"  # noqa: S608
_THERE = (
    f"SELECT id, origin, {', '.join(_FIELDS)} FROM calls "  # noqa: S608
    "WHERE source = ? AND key IN (SELECT value FROM json_each(?))"
)

_NO_STAMP: Final = Stamp(0, -1, 0)

Enrich = Callable[[UsageRecord], UsageRecord]


class Written(msgspec.Struct):
    """What transactions have changed: calls by source that are new, and that have grown; the time of the earliest of
    them, in milliseconds since 1970."""

    new: Counter[str] = msgspec.field(default_factory=Counter)
    grown: Counter[str] = msgspec.field(default_factory=Counter)
    earliest: int | None = None

    def changed(self, row: UsageRecord) -> None:
        """Note when a call was that changed."""
        time = milliseconds(row.time)
        self.earliest = time if self.earliest is None else min(self.earliest, time)


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
        erased = dict(conn.execute("SELECT agent, before FROM erased"))
        (last,) = conn.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()
        inserts: list[tuple[Any, ...]] = []
        updates: list[tuple[Any, ...]] = []
        for source, readings in _by_source(conn, batch):
            _merge(conn, source, readings, erased, enrich, written, inserts, updates)
        in_bulk = len(inserts) >= _BULK
        if in_bulk:
            conn.execute("INSERT INTO bulk VALUES (1)")
        inserts.sort(key=_by_key)  # in the order of the index: a third of the time
        _execute(conn, _INSERT, inserts)
        _execute(conn, _UPDATE, updates)
        if in_bulk:
            conn.execute("DELETE FROM bulk")
            many_calls(conn, after=last)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def _by_source(
    conn: sqlite3.Connection, batch: list[tuple[Changed, Reading]]
) -> Iterable[tuple[str, list[tuple[Changed, Reading]]]]:
    found: dict[str, list[tuple[Changed, Reading]]] = {}
    for each, reading in batch:
        if unchanged(conn, each.before):
            found.setdefault(each.before.source, []).append((each, reading))
    return found.items()


def _merge(
    conn: sqlite3.Connection,
    source: str,
    readings: list[tuple[Changed, Reading]],
    erased: dict[str, int],
    enrich: Enrich,
    written: Written,
    inserts: list[tuple[Any, ...]],
    updates: list[tuple[Any, ...]],
) -> None:
    """Set the calls of one source against those that the ledger has and against each other; keep the logs' states."""
    there = _there(conn, source, [row.key for _, reading in readings for row in reading.rows])
    added: dict[str, tuple[UsageRecord, int]] = {}  # with the log that told of it first
    grown: dict[str, _There] = {}
    for number, (each, reading) in enumerate(readings):
        counts = Counter(each.before.counts) if not reading.fresh else Counter[str]()
        counts.update(reading.counts)
        rows: Sequence[UsageRecord] = reading.rows
        for row in rows:
            if _is_erased(row, erased):
                counts["erased"] += 1
                continue
            known, ours = there.get(row.key), added.get(row.key)
            if known is not None:
                if known.origin != each.before.id:
                    counts["copied"] += 1
                elif not reading.fresh:
                    counts["repeated"] += 1
                else:
                    counts["calls"] += 1
                whole = merged(known.row, row)  # not known.row itself, where it has changed
                if whole is not known.row:
                    there[row.key] = grown[row.key] = known._replace(row=whole)
            elif ours is not None:
                counts["copied"] += 1
                added[row.key] = (merged(ours[0], row), ours[1])
            else:
                counts["calls"] += 1
                added[row.key] = (row, number)
        each.after = _after(each, reading, counts)
    origins = [store(conn, each.after) for each, _ in readings if each.after is not None]
    for row, number in added.values():
        written.changed(row)
        inserts.append((*values(enrich(row)), origins[number]))
    for known in grown.values():
        written.changed(known.row)
        updates.append((*values(enrich(known.row)), known.id))
    written.new[source] += len(added)
    written.grown[source] += len(grown)


def _after(each: Changed, reading: Reading, counts: Counter[str]) -> LogState:
    """How far the log has been read now. A damaged one is not tried again before it changes."""
    if reading.failed:
        stamp = each.stamp if reading.failed == "damaged" else _NO_STAMP
        return structs.replace(each.before, stamp=stamp, counts={**each.before.counts, "unreadable": 1})
    counts.pop("unreadable", None)
    return LogState(
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


def _is_erased(row: UsageRecord, erased: dict[str, int]) -> bool:
    """Whether the user had calls of that time forgotten: its agent's, or all."""
    if not erased:
        return False
    time = milliseconds(row.time)
    return time < erased.get("", 0) or time < erased.get(row.agent or "", 0)


def _by_key(values: tuple[Any, ...]) -> tuple[str, str]:
    return values[0], values[1]


def _execute(conn: sqlite3.Connection, sql: str, rows: list[tuple[Any, ...]]) -> None:
    try:
        conn.execute("SAVEPOINT rows")
        conn.executemany(sql, rows)
    except (OverflowError, UnicodeEncodeError, sqlite3.DataError):
        # A number that is no count, half a character: that row is kept without it.
        conn.execute("ROLLBACK TO rows")
        conn.executemany(sql, [tuple(_sound(value) for value in row) for row in rows])
    conn.execute("RELEASE rows")


def _sound(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
