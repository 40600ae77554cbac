"""Writes what was read of logs into the ledger, with how far each was read, a transaction for many."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import nullcontext
from typing import Final

import msgspec
from msgspec import structs

from agent_telemetry.importers import logged_call
from agent_telemetry.importers.log_states import LogState, Stamp, changed_meanwhile, number, store
from agent_telemetry.importers.logged_call import AGENT, KEY, TIME, Values, merged_values
from agent_telemetry.importers.reader import Changed, Reading
from agent_telemetry.sums import MANY, summed_together

TOGETHER: Final = 5_000
"""Rows of a transaction: it holds others up for some 0.1 s."""
_NO_STAMP: Final = Stamp(0, -1, 0)


class Written(msgspec.Struct):
    """What transactions have changed: calls by source that are new, and that have grown; the time of the earliest of
    them, in milliseconds since 1970."""

    new: Counter[str] = msgspec.field(default_factory=Counter)
    grown: Counter[str] = msgspec.field(default_factory=Counter)
    earliest: int | None = None


def write(conn: sqlite3.Connection, batch: list[tuple[Changed, Reading]], written: Written) -> None:
    """Write readings in one transaction, and note in `written` what it changed.

    What another import has read meanwhile is left out. Raises `sqlite3.Error`; then nothing is written.
    """
    try:
        _write(conn, batch, written)
    except logged_call.FAULTS:  # rare, and finding out which row it is would cost a savepoint each time
        for _, reading in batch:
            reading.rows = [logged_call.sound(row) for row in reading.rows]
        _write(conn, batch, written)


def _write(conn: sqlite3.Connection, batch: list[tuple[Changed, Reading]], written: Written) -> None:
    conn.execute("BEGIN IMMEDIATE")
    new = [each.before for each, _ in batch if each.before.id is None]
    transaction = _Transaction(conn)
    try:
        transaction.write(batch)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        for state in new:
            state.id = None
        raise
    transaction.note(written)


class _Transaction:
    """What is to be written, gathered before it is."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._new: Counter[str] = Counter()
        self._grown: Counter[str] = Counter()
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

    def note(self, written: Written) -> None:
        """Say what was written, once it is."""
        written.new.update(self._new)
        written.grown.update(self._grown)
        times = [row[TIME] for rows in (self._inserts, self._updates) for row in rows]
        if written.earliest is not None:
            times.append(written.earliest)
        written.earliest = min(times, default=None)

    def _merge(self, source: str, readings: list[tuple[Changed, Reading]]) -> None:
        """Set the calls of a source against those that the ledger has, and against each other."""
        there = logged_call.existing(self._conn, source, [row[KEY] for _, reading in readings for row in reading.rows])
        added: dict[str, tuple[Values, int]] = {}  # with the log that told of it first
        grown: dict[str, tuple[Values, int]] = {}
        for each, reading in readings:
            log = each.before.id
            assert log is not None
            counts = Counter(each.before.counts) if not reading.fresh else Counter[str]()
            counts.update(reading.counts)
            for row in reading.rows:
                key = row[KEY]
                if self._erased and self._is_erased(row):
                    counts["erased"] += 1
                elif (known := there.get(key)) is not None:
                    id, origin, before = known
                    if origin != log:
                        counts["copied"] += 1
                    else:
                        counts["calls" if reading.fresh else "repeated"] += 1
                    whole = merged_values(before, row)
                    if whole is not before:
                        there[key] = (id, origin, whole)
                        grown[key] = (whole, id)
                elif (ours := added.get(key)) is not None:
                    counts["copied"] += 1
                    added[key] = (merged_values(ours[0], row), ours[1])
                else:
                    counts["calls"] += 1
                    added[key] = (row, log)
            self._states.append(_after(each, reading, counts))
        self._inserts += [[*row, log] for row, log in added.values()]
        self._updates += [[*row, id] for row, id in grown.values()]
        self._new[source] += len(added)
        self._grown[source] += len(grown)

    def _is_erased(self, row: Values) -> bool:
        """Whether the user had calls of that time forgotten: its agent's, or all."""
        return bool(row[TIME] < self._erased.get("", 0) or row[TIME] < self._erased.get(row[AGENT] or "", 0))

    def _calls(self) -> None:
        with summed_together(self._conn) if len(self._inserts) >= MANY else nullcontext():
            logged_call.insert(self._conn, self._inserts)
        logged_call.update(self._conn, self._updates)


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
