"""The ledger's figures by kind of call and, apart from that, by day: all that a split is made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from operator import add
from pathlib import Path
from typing import Final, NamedTuple

from agent_telemetry.ledger_reader import DaySum, Kind, range_of, reading
from agent_telemetry.range_sums import EPOCH, Range, range_in, range_sums
from agent_telemetry.sums import HOUR_MS, KIND, SUMS, TOTALS

_SUMMED: Final = ", ".join(f"sum({name})" for name in SUMS)


class Overall(NamedTuple):
    """Calls by kind and, apart from that, by local day: integers in the order of `SUMS`."""

    kinds: dict[Kind, tuple[int, ...]]
    days: dict[date, tuple[int, ...]]


def overall(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> Overall:
    """What `sums_by_day` says, not by kind and day at once, which is much quicker."""
    with reading(path) as conn:
        if conn is None:
            return Overall({}, {})
        start, end = range_of(conn, since, until, zone)
        if start >= end:
            return Overall({}, {})
        asked = range_in(conn, start, end, zone)
        names = {id: Kind(*(name or None for name in row)) for id, *row in conn.execute(_KINDS)}
        kinds: dict[Kind, tuple[int, ...]] = {}
        for _, id, figures in range_sums(conn, asked, None, "kind", {id: id for id in names}):
            before = kinds.get(names[id])
            kinds[names[id]] = figures if before is None else tuple(map(add, before, figures))
        days: dict[date, tuple[int, ...]] = {}
        for day, *sums in _days(conn, asked):
            when = EPOCH + timedelta(days=day)
            if any(sums):
                days[when] = tuple(map(add, days[when], sums)) if when in days else tuple(sums)
        return Overall(kinds, days)


_KINDS: Final = f"SELECT id, {', '.join(KIND)} FROM kinds"  # noqa: S608


def _days(conn: sqlite3.Connection, asked: Range) -> Iterator[tuple[int, ...]]:
    low, high, stretches = asked.hours()
    split = [hour for hour in asked.days.split_hours if low <= hour < high]
    stretches += [(hour * HOUR_MS, (hour + 1) * HOUR_MS) for hour in split]
    yield from conn.execute(
        f"SELECT {asked.days.sql(f'(hour * {HOUR_MS})')}, {_SUMMED} FROM hour_totals "  # noqa: S608
        "WHERE hour >= ? AND hour < ? AND hour NOT IN (SELECT value FROM json_each(?)) GROUP BY 1",
        [low, high, json.dumps(split)],
    )
    for stretch in stretches:
        yield from conn.execute(
            f"SELECT {asked.days.sql('time')}, {TOTALS} FROM calls "  # noqa: S608
            "WHERE time >= ? AND time < ? AND duplicate IS NULL GROUP BY 1",
            stretch,
        )


def overall_of(sums: Iterable[DaySum]) -> Overall:
    """The same of sums that were read already."""
    kinds: dict[Kind, tuple[int, ...]] = {}
    days: dict[date, tuple[int, ...]] = {}
    for kind, day, figures in sums:
        before = kinds.get(kind)
        kinds[kind] = figures if before is None else tuple(map(add, before, figures))
        before = days.get(day)
        days[day] = figures if before is None else tuple(map(add, before, figures))
    return Overall(kinds, days)
