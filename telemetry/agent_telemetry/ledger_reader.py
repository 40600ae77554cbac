"""Reads the ledger without ever making its writer wait. A ledger that does not exist yet reads as empty."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent_telemetry.ledger_file import open_ledger, reason
from agent_telemetry.local_days import Days
from agent_telemetry.migrations import is_current
from agent_telemetry.sums import HOUR_MS, SUMS, TOTALS
from agent_telemetry.usage_record import UsageRecord

_EPOCH = date(1970, 1, 1)
_END_MS = 253_402_300_800_000  # the year 10,000
_COLUMNS = UsageRecord.__struct_fields__


class Kind(NamedTuple):
    """What calls are summed by. None is unknown."""

    model: str | None
    provider: str | None
    place: str | None
    agent: str | None
    route: str | None


class DaySum(NamedTuple):
    """The calls of a kind on a local day: integers in the order of `SUMS`; money in micro-dollars."""

    kind: Kind
    day: date
    sums: tuple[int, ...]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A read-only connection in one snapshot, or None where there is no ledger yet. A ledger of an older version is
    brought up to date first. Raises `sqlite3.Error`."""
    if not path.exists():
        yield None
        return
    conn = _read_only(path)
    try:
        try:
            conn.execute("BEGIN")
            empty = not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_deleted'").fetchone()
            if not empty and not is_current(conn):
                conn.close()
                _bring_up_to_date(path)
                conn = _read_only(path)
                conn.execute("BEGIN")
        except sqlite3.OperationalError:
            if not path.exists():  # deleted meanwhile
                yield None
                return
            raise
        yield None if empty else conn
    finally:
        conn.close()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0, isolation_level=None)


def _bring_up_to_date(path: Path) -> None:
    try:
        open_ledger(path).close()
    except OSError as error:
        said = f"it is of an older version, and cannot be brought up to date: {reason(error)}"
        raise sqlite3.OperationalError(said.rstrip(".")) from None


def recent(path: Path, limit: int = 50) -> list[UsageRecord]:
    """The last calls that count, the newest first. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return []
        sql = f"SELECT {', '.join(_COLUMNS)} FROM calls WHERE duplicate IS NULL ORDER BY time DESC, id DESC LIMIT ?"  # noqa: S608
        return [record(values) for values in conn.execute(sql, [limit])]


def sums_by_day(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> list[DaySum]:
    """The calls from `since` on and before `until`, summed by kind and day of the time zone (None: the system's).

    Times without a zone are in that same zone. Raises `sqlite3.Error` where the file is no ledger.
    """
    with reading(path) as conn:
        if conn is None:
            return []
        first, last = extent(conn)
        start, end = range_of(conn, since, until, zone)
        if start >= end:
            return []
        days = Days.of(start, end, zone)
        # Before the first call and after the last there is none, so their hours count as covered.
        low = start // HOUR_MS if start == first else -(-start // HOUR_MS)
        high = -(-end // HOUR_MS) if end == last + 1 else end // HOUR_MS
        if low >= high:
            return _part(conn, start, end, days)
        split_hours = [hour for hour in days.split_hours if low <= hour < high]
        parts = [(hour * HOUR_MS, (hour + 1) * HOUR_MS) for hour in split_hours]
        parts += [(start, low * HOUR_MS), (high * HOUR_MS, end)]
        found = _whole_hours(conn, low, high, split_hours, days)
        return found + [item for part in parts for item in _part(conn, *part, days)]


def sums_by_session(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> dict[str | None, tuple[int, ...]]:
    """The calls from `since` on and before `until` by session, in the order of `SUMS`; None is of no known session.

    Raises `sqlite3.Error` where the file is no ledger.
    """
    with reading(path) as conn:
        if conn is None:
            return {}
        if since is None and until is None:
            sql = f"SELECT session, {', '.join(SUMS)} FROM session_totals"  # noqa: S608
            return {session or None: tuple(sums) for session, *sums in conn.execute(sql) if any(sums)}
        start = None if since is None else _milliseconds(since, zone)
        end = None if until is None else _milliseconds(until, zone)
        low = -(2**62) if start is None else -(-start // HOUR_MS)
        high = 2**62 if end is None else end // HOUR_MS
        sql = f"SELECT session, {_SUMMED} FROM session_sums WHERE hour >= ? AND hour < ? GROUP BY 1"  # noqa: S608
        found = {session or None: tuple(sums) for session, *sums in conn.execute(sql, [low, max(low, high)])}
        # The hours of which the range has a part only, from their calls.
        parts = [(start, end)] if low > high else [(start, low * HOUR_MS), (high * HOUR_MS, end)]
        sql = f"SELECT session, {TOTALS} FROM calls WHERE time >= ? AND time < ? AND duplicate IS NULL GROUP BY 1"  # noqa: S608
        for first, last in parts:
            if first is None or last is None or first >= last:
                continue
            for session, *sums in conn.execute(sql, [first, last]):
                before = found.get(session, (0,) * len(SUMS))
                found[session] = tuple(map(add, before, sums))
        return {session: sums for session, sums in found.items() if any(sums)}


_SUMMED = ", ".join(f"sum({name})" for name in SUMS)


def _whole_hours(conn: sqlite3.Connection, low: int, high: int, but: list[int], days: Days) -> list[DaySum]:
    kinds = {
        number: Kind(*(name or None for name in names))
        for number, *names in conn.execute("SELECT id, model, provider, place, agent, route FROM kinds")
    }
    rows = conn.execute(
        f"SELECT kind, {days.sql(f'(hour * {HOUR_MS})')}, {', '.join(f'sum({name})' for name in SUMS)} "  # noqa: S608
        # CROSS: SQLite goes through the kinds and looks the hours up, whatever it thinks best.
        "FROM kinds CROSS JOIN sums ON kind = kinds.id WHERE hour >= ? AND hour < ? "
        "AND hour NOT IN (SELECT value FROM json_each(?)) GROUP BY 1, 2",
        [low, high, json.dumps(but)],
    )
    return [DaySum(kinds[kind], _EPOCH + timedelta(days=day), tuple(sums)) for kind, day, *sums in rows if any(sums)]


def _part(conn: sqlite3.Connection, start: int, end: int, days: Days) -> list[DaySum]:
    if start >= end:
        return []
    rows = conn.execute(
        f"SELECT model, provider, place, agent, route, {days.sql('time')}, {TOTALS} "  # noqa: S608
        "FROM calls WHERE time >= ? AND time < ? AND duplicate IS NULL GROUP BY 1, 2, 3, 4, 5, 6",
        [start, end],
    )
    return [
        DaySum(Kind(*(name or None for name in row[:5])), _EPOCH + timedelta(days=row[5]), tuple(row[6:]))
        for row in rows
    ]


def extent(conn: sqlite3.Connection) -> tuple[int, int]:
    """The times of the first and the last call, duplicates included; (0, -1) where there is none."""
    first, last = conn.execute("SELECT (SELECT min(time) FROM calls), (SELECT max(time) FROM calls)").fetchone()
    return (0, -1) if first is None else (first, last)


def range_of(
    conn: sqlite3.Connection, since: datetime | None, until: datetime | None, zone: tzinfo | None
) -> tuple[int, int]:
    """The part of a range in which the ledger has calls: milliseconds, from the first and before the second."""
    first, last = extent(conn)
    start = first if since is None else max(first, _milliseconds(since, zone))
    return start, last + 1 if until is None else min(last + 1, _milliseconds(until, zone))


def bounds(since: datetime | None, until: datetime | None, zone: tzinfo | None = None) -> tuple[int, int]:
    """A range of time as the ledger has it: milliseconds since 1970, UTC, from the first and before the second."""
    start = 0 if since is None else max(_milliseconds(since, zone), 0)
    return start, _END_MS if until is None else min(max(_milliseconds(until, zone), 0), _END_MS)


def _milliseconds(moment: datetime, zone: tzinfo | None) -> int:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)  # without a zone: the system's


def record(values: tuple[Any, ...]) -> UsageRecord:
    """The row of a SELECT of all its fields."""
    fields = dict(zip(_COLUMNS, values, strict=True))
    fields["time"] = datetime.fromtimestamp(fields["time"] / 1000, UTC)
    fields["stream"] = None if fields["stream"] is None else bool(fields["stream"])
    return msgspec.convert(fields, UsageRecord, strict=False)
