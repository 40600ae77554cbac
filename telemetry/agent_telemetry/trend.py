"""The ledger's figures by periods and by what calls have in common, added up by SQLite: rows of plots and tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cache
from operator import add, sub
from pathlib import Path
from typing import Final, NamedTuple

from agent_telemetry.breakdown import GROUPS, PERIODS, Row, Totals, segment
from agent_telemetry.calls import families_met, task_of
from agent_telemetry.ledger_reader import range_of, reading
from agent_telemetry.range_sums import EPOCH, Level, Range, Unit, period_sql, range_in, range_sums
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.sums import KIND, SUMS, TOTALS

TASK_GROUPS: Final = ("task", "family")
"""What only calls that the router saw have: the kind of their family, and the family itself."""

Keys = tuple[str, ...]


def trend(
    path: Path,
    classify: Classify,
    by: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    zone: tzinfo | None = None,
) -> list[Row]:
    """The calls from `since` on and before `until` by some of `PERIODS`, `GROUPS` and `TASK_GROUPS`, in the order of
    their keys; by nothing, at most one row. Periods are those of `zone` (None: the system's), and so are times without
    a zone.

    The same as `breakdown` says of `sums_by_day`, where it knows the groups. What has no name is "unknown". Raises
    `KeyError` for another name in `by`, and `sqlite3.Error` where the file is no ledger.
    """
    for name in by:
        if name not in PERIODS and name not in GROUPS and name not in TASK_GROUPS:
            raise KeyError(name)
    with reading(path) as conn:
        if conn is None:
            return []
        start, end = range_of(conn, since, until, zone)
        if start >= end:
            return []
        asked, table = range_in(conn, start, end, zone), _Table(conn, classify, by)
        if not table.by_task:
            for day, group, figures in range_sums(conn, asked, table.unit, table.level, table.members):
                table.add(day, group, figures)
        else:
            _by_task(conn, asked, table)
        return sorted(table.totals.rows())


class _Group(NamedTuple):
    """What kinds of calls have in common: its keys but for periods and tasks, and its part of the split."""

    keys: Keys
    part: str


class _Table:
    """The rows so far."""

    def __init__(self, conn: sqlite3.Connection, classify: Classify, by: Sequence[str]) -> None:
        self.by = by
        self.totals = Totals()
        self.by_task = not set(by).isdisjoint(TASK_GROUPS)
        self.level: Level = "mix" if set(by).isdisjoint(("agent", "route")) else "kind"
        asked = [name for name in ("day", "week", "month") if name in by]
        self.unit: Unit = None if not asked else "day" if len(asked) > 1 else asked[0]  # type: ignore[assignment]
        self.groups: list[_Group] = []
        self.members: dict[int, int] = {}
        known, numbers = cache(classify), dict[_Group, int]()
        for id, *names in conn.execute(f"SELECT id, {', '.join(KIND)} FROM kinds"):  # noqa: S608
            named = dict(zip(KIND, names, strict=True))
            openness, lab = known(named["model"] or None, named["provider"] or None)
            named |= {"lab": lab or UNKNOWN, "openness": openness}
            keys = tuple(named.get(name, "") or ("" if name not in GROUPS else UNKNOWN) for name in by)
            group = _Group(keys, segment(openness, named["place"]))
            self.members[id] = numbers.setdefault(group, len(numbers))
        self.groups = list(numbers)

    def add(self, day: int, group: int, figures: Iterable[int], family: str = "", task: str = UNKNOWN) -> None:
        """Count figures for the period that begins with a day, and a group."""
        keys, part = self.groups[group]
        if self.unit is not None or self.by_task:
            when = EPOCH + timedelta(days=day)
            told = {"task": task, "family": family or UNKNOWN}
            keys = tuple(
                PERIODS[name](when) if name in PERIODS else told.get(name, key)
                for name, key in zip(self.by, keys, strict=True)
            )
        self.totals.add(keys, part, figures)


def _by_task(conn: sqlite3.Connection, asked: Range, table: _Table) -> None:
    """Calls with a family by it or its kind, and what is left of all calls as unknown."""
    kinds = dict(conn.execute("SELECT name, kind FROM families"))
    left: dict[tuple[int, int], tuple[int, ...]] = {}
    for day, group, figures in range_sums(conn, asked, table.unit, table.level, table.members):
        before = left.get((day, group))
        left[day, group] = figures if before is None else tuple(map(add, before, figures))
    for day, group, family, task, figures in _with_family(conn, asked, table, kinds):
        left[day, group] = tuple(map(sub, left[day, group], figures))
        table.add(day, group, figures, family, task)
    for (day, group), figures in left.items():
        if any(figures):
            table.add(day, group, figures)


_Met = tuple[int, int, str, str, tuple[int, ...]]
"""The first day of a period, a group, a family or '', its task, figures."""
_SUMMED: Final = ", ".join(f"sum({name})" for name in SUMS)


def _with_family(conn: sqlite3.Connection, asked: Range, table: _Table, kinds: dict[str, str]) -> Iterator[_Met]:
    """`temp.grouped`, and for mixes `temp.mixed`, are as `range_sums` has left them."""
    tasks = {name: task_of(name, kinds) for name in families_met(conn)}
    if not asked.kept_for(table.unit):
        day = period_sql(table.unit, asked.days.sql("time"))
        yield from _calls_with_family(conn, table, tasks, [(asked.start, asked.end)], day)
        return
    plain = all(task == task_of(name, {}) for name, task in tasks.items())
    stretches = [(asked.start, asked.end)]
    if plain and "family" not in table.by and table.level == "mix" and table.unit in ("week", None):
        low, high, stretches = asked.cover("week")
        found = conn.execute(
            f"SELECT {period_sql(table.unit, 'week')}, member, task, {_SUMMED} "  # noqa: S608
            "FROM task_weeks CROSS JOIN temp.mixed USING (mix) WHERE week >= ? AND week < ? GROUP BY 1, 2, 3",
            [low, high],
        )
        yield from ((day, group, "", task, tuple(figures)) for day, group, task, *figures in found if any(figures))
    told = "family" if "family" in table.by else "task"
    conn.execute("DROP TABLE IF EXISTS temp.met")
    conn.execute("CREATE TABLE temp.met (family TEXT PRIMARY KEY, task TEXT) WITHOUT ROWID")
    conn.executemany("INSERT INTO temp.met VALUES (?, ?)", tasks.items())
    for start, end in stretches:
        low, high, around = asked._replace(start=start, end=end).cover("day")
        found = conn.execute(
            f"SELECT {period_sql(table.unit, 'day')}, member, {told}, {_SUMMED} FROM family_kinds "  # noqa: S608
            "CROSS JOIN temp.met USING (family) CROSS JOIN temp.grouped USING (kind) WHERE day >= ? AND day < ? "
            "GROUP BY 1, 2, 3",
            [low, high],
        )
        for day, group, name, *figures in found:
            if any(figures):
                yield day, group, *((name, tasks[name]) if told == "family" else ("", name)), tuple(figures)
        yield from _calls_with_family(conn, table, tasks, around, period_sql(table.unit, asked.kept.sql("time")))


def _calls_with_family(
    conn: sqlite3.Connection, table: _Table, tasks: dict[str, str], stretches: Iterable[tuple[int, int]], day: str
) -> Iterator[_Met]:
    numbers = {tuple(names): id for id, *names in conn.execute(f"SELECT id, {', '.join(KIND)} FROM kinds")}  # noqa: S608
    names = ", ".join(f"coalesce({name}, '')" for name in KIND)
    for start, end in stretches:
        found = conn.execute(
            f"SELECT {day}, family, {names}, {TOTALS} FROM calls "  # noqa: S608
            "WHERE time >= ? AND time < ? AND duplicate IS NULL AND family != '' GROUP BY 1, 2, 3, 4, 5, 6, 7",
            [start, end],
        )
        for when, family, *row in found:
            group = table.members[numbers[tuple(row[: len(KIND)])]]
            yield when, group, family, tasks[family], tuple(row[len(KIND) :])
