"""What the ledger's figures rest on: its sources, what was not counted of them, and why."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from agent_telemetry.duplicates import PROXY as PROXY
from agent_telemetry.ledger_reader import reading
from agent_telemetry.otlp.call import SOURCE, TAKEN
from agent_telemetry.sums import HOUR_MS

_DROPPED: Final = ("copied", "repeated")
_UNKNOWN: Final = "unknown:"
OTLP: Final = SOURCE


class Source(msgspec.Struct):
    """A source of rows.

    `calls` are those that count; `dropped` says of how many others why they do not: "copied" (in a forked or resumed
    session), "repeated" (written several times while the answer was streamed), "proxied" (the router has them too),
    "logged" (the agent's log has them too), "told twice" (so has another of its signals: events, spans, counters).
    `skipped` says what looked like a call and was none, and why; `unknown` counts fields that an importer does not
    know; `unpriced` are calls without a known price. `first` and `last` are times in ISO 8601, UTC.
    """

    name: str
    logs: int = 0
    calls: int = 0
    dropped: dict[str, int] = {}
    skipped: dict[str, int] = {}
    unknown: dict[str, int] = {}
    unpriced: int = 0
    first: str | None = None
    last: str | None = None


def coverage(path: Path) -> list[Source]:
    """All sources that the ledger knows, in the order of their names. Raises `sqlite3.Error`."""
    with reading(path) as conn:
        if conn is None:
            return []
        found: dict[str, Source] = {}
        hours: dict[str, tuple[int, int]] = {}
        rows = conn.execute(
            "SELECT source, duplicate, sum(calls), sum(unpriced), min(hour), max(hour) "
            "FROM source_hours WHERE calls > 0 GROUP BY 1, 2"
        )
        for name, duplicate, number, unpriced, first, last in rows:
            source = found.setdefault(name, Source(name))
            if not duplicate:
                source.calls, source.unpriced = number, unpriced
            else:
                _add(source.dropped, _why(duplicate), number)
            before = hours.get(name, (first, last))
            hours[name] = min(before[0], first), max(before[1], last)
        for name, (first, last) in hours.items():
            found[name].first = _iso(_end(conn, name, first, "ASC"))
            found[name].last = _iso(_end(conn, name, last, "DESC"))
        for name, counts in conn.execute("SELECT source, counts FROM logs"):
            source = found.setdefault(name, Source(name))
            source.logs += 1
            for what, number in msgspec.msgpack.decode(counts, type=dict[str, int]).items():
                if what.startswith(_UNKNOWN):
                    _add(source.unknown, what.removeprefix(_UNKNOWN), number)
                elif what in _DROPPED:
                    _add(source.dropped, what, number)
                elif what != "calls":
                    _add(source.skipped, what, number)
        for (state,) in conn.execute("SELECT state FROM states WHERE name = ?", [TAKEN]):
            for what, number in msgspec.msgpack.decode(state, type=dict[str, int]).items():
                _add(found.setdefault(OTLP, Source(OTLP)).skipped, what, number)
        return sorted(found.values(), key=lambda source: source.name)


def dropped(path: Path) -> dict[str, int]:
    """Duplicates by reason, of all sources together: quick, for a line beside the figures. Raises `sqlite3.Error`."""
    with reading(path) as conn:
        if conn is None:
            return {}
        found: dict[str, int] = {}
        rows = conn.execute(
            "SELECT duplicate, sum(calls) FROM source_hours WHERE duplicate != '' AND calls > 0 GROUP BY 1"
        )
        for duplicate, number in rows:
            _add(found, _why(duplicate), number)
        for (counts,) in conn.execute("SELECT counts FROM logs"):
            for what, number in msgspec.msgpack.decode(counts, type=dict[str, int]).items():
                if what in _DROPPED:
                    _add(found, what, number)
        return found


def _why(duplicate: str) -> str:
    """Why a row does not count, by what it says of the one that does."""
    if duplicate == PROXY:
        return "proxied"
    return "told twice" if duplicate.partition(":")[0] == OTLP else "logged"


def _end(conn: sqlite3.Connection, source: str, hour: int, order: str) -> int:
    """The time of a source's first or last call, which lies in an hour."""
    sql = f"SELECT time FROM calls WHERE time >= ? AND time < ? AND source = ? ORDER BY time {order} LIMIT 1"  # noqa: S608
    (time,) = conn.execute(sql, [hour * HOUR_MS, (hour + 1) * HOUR_MS, source]).fetchone()
    return int(time)


def _add(counts: dict[str, int], what: str, number: int) -> None:
    counts[what] = counts.get(what, 0) + number


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
