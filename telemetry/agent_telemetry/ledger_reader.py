"""Reads the ledger without ever making its writer wait. A ledger that does not exist yet reads as empty."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent_telemetry.migrations import QUARTER_MS
from agent_telemetry.usage_record import UsageRecord

_EPOCH = date(1970, 1, 1)
_QUARTERS_A_DAY = 96
_COLUMNS = UsageRecord.__struct_fields__

# The same sums from single calls, for the quarters of an hour that a range covers in part.
_ANSWERED = "(status IN ('ok', 'cut') OR (status = 'cancelled' AND coalesce(output, 0) > 0))"
_FROM_CALLS = (
    f"coalesce(sum({_ANSWERED}), 0), coalesce(sum(NOT {_ANSWERED}), 0), "
    f"coalesce(sum({_ANSWERED} AND input IS NULL AND output IS NULL), 0), coalesce(sum(input), 0), "
    "coalesce(sum(cache_read), 0), coalesce(sum(cache_write), 0), coalesce(sum(output), 0), "
    "coalesce(sum(reasoning), 0), coalesce(sum(billed), 0), count(billed), coalesce(sum(equivalent), 0), "
    "count(equivalent), coalesce(sum(avoided), 0), count(avoided)"
)
SUMS = (
    *("answered", "failed", "unknown_usage", "input", "cache_read", "cache_write", "output", "reasoning"),
    *("billed", "billed_known", "equivalent", "equivalent_known", "avoided", "avoided_known"),
)


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
    """A read-only connection in one snapshot, or None where there is no ledger yet. Raises `sqlite3.Error`."""
    if not path.exists():
        yield None
        return
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0, isolation_level=None)
    with closing(conn):
        try:
            conn.execute("BEGIN")
            empty = not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_deleted'").fetchone()
        except sqlite3.OperationalError:
            if not path.exists():  # deleted meanwhile
                yield None
                return
            raise
        yield None if empty else conn


def recent(path: Path, limit: int = 50) -> list[UsageRecord]:
    """The last calls, the newest first. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return []
        sql = f"SELECT {', '.join(_COLUMNS)} FROM calls ORDER BY time DESC, id DESC LIMIT ?"  # noqa: S608
        return [_record(values) for values in conn.execute(sql, [limit])]


def sums_by_day(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> list[DaySum]:
    """The calls from `since` on and before `until`, summed by kind and day of the time zone (None: the system's).

    Times without a zone are in that same zone. Raises `sqlite3.Error` where the file is no ledger.
    """
    with reading(path) as conn:
        if conn is None:
            return []
        (first, last) = conn.execute("SELECT (SELECT min(time) FROM calls), (SELECT max(time) FROM calls)").fetchone()
        if first is None:
            return []
        start = first if since is None else max(first, _milliseconds(since, zone))
        end = last + 1 if until is None else min(last + 1, _milliseconds(until, zone))
        if start >= end:
            return []
        # Before the first call and after the last there is none, so their quarters count as covered.
        low = start // QUARTER_MS if start == first else -(-start // QUARTER_MS)
        high = -(-end // QUARTER_MS) if end == last + 1 else end // QUARTER_MS
        days = _Days(start // QUARTER_MS, high, zone)
        if low >= high:
            return _part(conn, start, end, days)
        return [
            *_part(conn, start, low * QUARTER_MS, days),
            *_whole_quarters(conn, low, high, days),
            *_part(conn, high * QUARTER_MS, end, days),
        ]


class _Days:
    """Which local day a quarter of an hour belongs to: `sql` gives its number from an expression."""

    def __init__(self, first: int, last: int, zone: tzinfo | None) -> None:
        # Clocks outside these bounds are wrong; the offset next to them does for them.
        first = max(first, 30 * 365 * _QUARTERS_A_DAY)
        last = min(last, round(datetime.now(UTC).timestamp() * 1000) // QUARTER_MS + 2 * _QUARTERS_A_DAY)
        self._offsets = [(first, _offset(first, zone))]
        for quarter in range(first, last + 7 * _QUARTERS_A_DAY, 7 * _QUARTERS_A_DAY):
            if _offset(quarter, zone) != self._offsets[-1][1]:  # the clocks changed in the week before
                low, high = quarter - 7 * _QUARTERS_A_DAY, quarter
                while high - low > 1:
                    middle = (low + high) // 2
                    same = _offset(middle, zone) == self._offsets[-1][1]
                    low, high = (middle, high) if same else (low, middle)
                self._offsets.append((high, _offset(high, zone)))

    def sql(self, quarter: str) -> str:
        """SQL for the number of days since 1970-01-01."""
        offset = str(self._offsets[0][1])
        for start, quarters in self._offsets[1:]:
            offset = f"CASE WHEN {quarter} >= {start} THEN {quarters} ELSE {offset} END"
        return f"(({quarter} + {offset}) / {_QUARTERS_A_DAY})"


def _offset(quarter: int, zone: tzinfo | None) -> int:
    """The time zone's distance from UTC at that time, in quarters of an hour."""
    offset = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, UTC).astimezone(zone).utcoffset()
    return round((offset or timedelta()) / timedelta(minutes=15))


def _whole_quarters(conn: sqlite3.Connection, low: int, high: int, days: _Days) -> list[DaySum]:
    kinds = {
        number: Kind(*(name or None for name in names))
        for number, *names in conn.execute("SELECT id, model, provider, place, agent, route FROM kinds")
    }
    rows = conn.execute(
        f"SELECT kind, {days.sql('quarter')}, {', '.join(f'sum({name})' for name in SUMS)} "  # noqa: S608
        # CROSS: SQLite goes through the kinds and looks the quarters up, whatever it thinks best.
        "FROM kinds CROSS JOIN sums ON kind = kinds.id WHERE quarter >= ? AND quarter < ? GROUP BY 1, 2",
        [low, high],
    )
    return [DaySum(kinds[kind], _EPOCH + timedelta(days=day), tuple(sums)) for kind, day, *sums in rows]


def _part(conn: sqlite3.Connection, start: int, end: int, days: _Days) -> list[DaySum]:
    if start >= end:
        return []
    rows = conn.execute(
        f"SELECT model, provider, place, agent, route, {days.sql(f'(time / {QUARTER_MS})')}, {_FROM_CALLS} "  # noqa: S608
        "FROM calls WHERE time >= ? AND time < ? GROUP BY 1, 2, 3, 4, 5, 6",
        [start, end],
    )
    return [
        DaySum(Kind(*(name or None for name in row[:5])), _EPOCH + timedelta(days=row[5]), tuple(row[6:]))
        for row in rows
    ]


def _milliseconds(moment: datetime, zone: tzinfo | None) -> int:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)  # without a zone: the system's


def _record(values: tuple[Any, ...]) -> UsageRecord:
    fields = dict(zip(_COLUMNS, values, strict=True))
    fields["time"] = datetime.fromtimestamp(fields["time"] / 1000, UTC)
    fields["stream"] = None if fields["stream"] is None else bool(fields["stream"])
    return msgspec.convert(fields, UsageRecord, strict=False)
