"""Sums of a range of time by period and group, each stretch of it from the coarsest table that has it whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date, timedelta, tzinfo
from typing import Final, Literal, NamedTuple

from agent_telemetry.local_days import Days, kept
from agent_telemetry.sums import HOUR_MS, SUMS, TOTALS, month, week

Unit = Literal["day", "week", "month"] | None
Level = Literal["mix", "kind"]
"""Whether agents and routes are told apart, or only what says which part of the split a call belongs to."""

EPOCH: Final = date(1970, 1, 1)
_TABLES: Final[dict[tuple[Level, Unit], tuple[Unit, ...]]] = {
    **dict.fromkeys((("mix", unit) for unit in ("day", "week", "month", None)), ("day",)),
    ("kind", "week"): ("week",),
    ("kind", "month"): ("month", "week"),
    ("kind", None): ("month", "week"),
}
"""For a level and unit, what the rows of the tables are of that are asked one after the other, before the hours. There
is none by kind and day: it would be as large as that by hour."""
_SUMMED: Final = ", ".join(f"sum({name})" for name in SUMS)
_NAMES: Final = ", ".join(f"coalesce({name}, '')" for name in ("model", "provider", "place", "agent", "route"))

Sum = tuple[int, int, tuple[int, ...]]
"""The first day of the period (0 without), the group, figures in the order of `SUMS`."""


class Range(NamedTuple):
    """From `start` on and before `end` (milliseconds since 1970, UTC), in a ledger whose first and last calls have the
    times `first` and `last`. `days` are those of the zone that is asked for, `kept` those that the ledger keeps."""

    start: int
    end: int
    first: int
    last: int
    days: Days
    kept: Days

    @property
    def whole(self) -> bool:
        """Whether it is all that the ledger has."""
        return self.start <= self.first and self.end > self.last

    def kept_for(self, unit: Unit) -> bool:
        """Whether the ledger's sums by day, week and month are those of the zone; without a unit any will do."""
        return self.kept.in_order and (unit is None or self.days.same(self.kept))

    def period_of(self, time: int, unit: Unit) -> int:
        """The first day of the period that a time belongs to; 0 without a unit."""
        return 0 if unit is None else period(self.kept.day(time), unit)

    def cover(self, unit: Unit) -> tuple[int, int, list[tuple[int, int]]]:
        """The first of its whole periods, in days, the one after the last, and the stretches of time around them, each
        within a period. Before the first call and after the last there is nothing, so that periods are whole there."""
        first = period(self.kept.day(self.start), unit)
        last = period(self.kept.day(self.end - 1), unit)
        begun = self.start <= self.first or self.kept.begin(first) >= self.start
        ended = self.end > self.last or self.kept.begin(following(last, unit)) <= self.end
        low, high = first if begun else following(first, unit), following(last, unit) if ended else last
        if low >= high:
            return 0, 0, [(self.start, self.end)]
        around = [] if begun else [(self.start, self.kept.begin(low))]
        return low, high, around if ended else [*around, (self.kept.begin(high), self.end)]

    def hours(self) -> tuple[int, int, list[tuple[int, int]]]:
        """The first of its whole hours, since 1970, the one after the last, and the stretches of time around them. As
        with periods, they are whole where there is no call before or after."""
        low = self.start // HOUR_MS if self.start <= self.first else -(-self.start // HOUR_MS)
        high = -(-self.end // HOUR_MS) if self.end > self.last else self.end // HOUR_MS
        if low >= high:
            return 0, 0, [(self.start, self.end)]
        around = [(self.start, low * HOUR_MS), (high * HOUR_MS, self.end)]
        return low, high, [(start, end) for start, end in around if start < end]


def range_in(conn: sqlite3.Connection, start: int, end: int, zone: tzinfo | None) -> Range:
    """A range of a ledger that has calls in it."""
    first, last = conn.execute("SELECT (SELECT min(time) FROM calls), (SELECT max(time) FROM calls)").fetchone()
    start, end = max(start, first), min(end, last + 1)
    return Range(start, end, first, last, Days.of(start, end, zone), Days(kept(conn), start, end))


def period(day: int, unit: Unit) -> int:
    """The first day of the period that a day belongs to."""
    if unit == "week":
        return day - (day + 3) % 7
    if unit == "month":
        return day - (EPOCH + timedelta(days=day)).day + 1
    return day


def following(first: int, unit: Unit) -> int:
    """The first day of the period after the one that begins with a day."""
    return period(first + 31, unit) if unit == "month" else first + (7 if unit == "week" else 1)


def period_sql(unit: Unit, day: str) -> str:
    """SQL for `period`."""
    return {"day": day, "week": week(day), "month": month(day), None: "0"}[unit]


def range_sums(
    conn: sqlite3.Connection, asked: Range, unit: Unit, level: Level, groups: Mapping[int, int]
) -> Iterator[Sum]:
    """The calls of a range by period (without a unit: 0) and by group; `groups` says to which each of `kinds` belongs.
    With the level "mix" kinds of one mix are in one group."""
    conn.execute("DROP TABLE IF EXISTS temp.grouped")
    conn.execute("CREATE TABLE temp.grouped (kind INTEGER PRIMARY KEY, member INTEGER)")
    conn.executemany("INSERT INTO temp.grouped VALUES (?, ?)", groups.items())
    if level == "mix":
        conn.execute("DROP TABLE IF EXISTS temp.mixed")
        conn.execute("CREATE TABLE temp.mixed (mix INTEGER PRIMARY KEY, member INTEGER)")
        conn.execute(
            "INSERT INTO temp.mixed SELECT mix, min(member) FROM temp.grouped JOIN kinds ON kinds.id = kind GROUP BY 1"
        )
    if asked.whole and unit is None:
        yield from _found(conn, "SELECT 0, member, {sums} FROM temp.grouped CROSS JOIN kind_totals USING (kind)", ())
        return
    tables = _TABLES.get((level, unit), ())
    if not tables or not asked.kept_for(unit):
        yield from _hours(conn, asked, unit)
        return
    members = "temp.mixed USING (mix)" if level == "mix" else "temp.grouped USING (kind)"
    stretches = [(asked.start, asked.end)]
    for place, of in enumerate(tables):
        left = []
        for start, end in stretches:
            low, high, around = asked._replace(start=start, end=end).cover(of)
            left += around
            # Weeks around whole months lie in one month each, as does the stretch that they are in.
            day = period_sql(unit, of or "") if place == 0 else str(asked.period_of(start, unit))
            found = f"member, {{sums}} FROM {level}_{of}s CROSS JOIN {members} WHERE {of} >= ? AND {of} < ?"
            yield from _found(conn, f"SELECT {day}, {found}", (low, high))
        stretches = left
    for start, end in stretches:
        yield from _stretch(conn, asked, start, end, str(asked.period_of(start, unit)))


def _found(conn: sqlite3.Connection, sql: str, values: tuple[object, ...], sums: str = _SUMMED) -> Iterator[Sum]:
    for day, group, *figures in conn.execute(f"{sql.format(sums=sums)} GROUP BY 1, 2", values):
        if any(figures):
            yield day, group, tuple(figures)


_OF_HOURS: Final = "member, {sums} FROM temp.grouped CROSS JOIN sums USING (kind) WHERE hour >= ? AND hour < ?"


def _hours(conn: sqlite3.Connection, asked: Range, unit: Unit) -> Iterator[Sum]:
    """From the sums by hour, and where midnight is within an hour, from its calls."""
    low, high, stretches = asked.hours()
    split = [hour for hour in asked.days.split_hours if low <= hour < high] if unit is not None else []
    of_hour = period_sql(unit, asked.days.sql(f"(hour * {HOUR_MS})"))
    but = "AND hour NOT IN (SELECT value FROM json_each(?))"
    yield from _found(conn, f"SELECT {of_hour}, {_OF_HOURS} {but}", (low, high, json.dumps(split)))
    for start, end in stretches + [(hour * HOUR_MS, (hour + 1) * HOUR_MS) for hour in split]:
        yield from _calls(conn, start, end, period_sql(unit, asked.days.sql("time")))


def _stretch(conn: sqlite3.Connection, asked: Range, start: int, end: int, day: str) -> Iterator[Sum]:
    """A stretch of time within one period."""
    low, high, stretches = asked._replace(start=start, end=end).hours()
    yield from _found(conn, f"SELECT {day}, {_OF_HOURS}", (low, high))
    for begin, stop in stretches:
        yield from _calls(conn, begin, stop, day)


def _calls(conn: sqlite3.Connection, start: int, end: int, day: str) -> Iterator[Sum]:
    found = (
        f"SELECT {day} AS day, {_NAMES}, {TOTALS} FROM calls "  # noqa: S608
        "WHERE time >= ? AND time < ? AND duplicate IS NULL GROUP BY 1, 2, 3, 4, 5, 6"
    )
    member = (
        "SELECT member FROM kinds JOIN temp.grouped ON kind = kinds.id WHERE (model, provider, place, agent, route) = "
        "(?, ?, ?, ?, ?)"
    )
    for day_, *row in conn.execute(found, [start, end]).fetchall():
        (group,) = conn.execute(member, row[:5]).fetchone()
        yield day_, group, tuple(row[5:])
