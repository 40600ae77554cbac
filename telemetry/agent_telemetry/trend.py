"""The ledger's figures by periods and by what calls have in common, added up by SQLite: rows of plots and tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path

from agent_telemetry.breakdown import GROUPS, PERIODS, Row, Totals, breakdown, segment
from agent_telemetry.calls import task_of
from agent_telemetry.ledger_reader import Days, range_of, reading, sums_by_day
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.sums import TOTALS

TASK_GROUPS = ("task", "family")
"""What only calls that the router saw have: the kind of their family, and the family itself."""


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
    if not set(by) & set(TASK_GROUPS):
        return breakdown(sums_by_day(path, since=since, until=until, zone=zone), classify, by)
    with reading(path) as conn:
        if conn is None:
            return []
        start, end = range_of(conn, since, until, zone)
        if start >= end:
            return []
        kinds = dict(conn.execute("SELECT name, kind FROM families"))
        day = Days(start, end, zone).sql("time")
        found = conn.execute(
            f"SELECT family, model, provider, place, agent, route, {day}, {TOTALS} FROM calls "  # noqa: S608
            "WHERE time >= ? AND time < ? AND duplicate IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7",
            [start, end],
        ).fetchall()
    known = cache(classify)
    totals = Totals()
    for family, model, provider, place, agent, route, day, *figures in found:
        openness, lab = known(model, provider)
        task = task_of(family, kinds)
        when = date(1970, 1, 1) + timedelta(days=day)
        named = {"agent": agent, "model": model, "lab": lab, "provider": provider, "place": place}
        named |= {"openness": openness, "route": route, "task": task, "family": family}
        named |= {name: PERIODS[name](when) for name in by if name in PERIODS}
        totals.add(tuple(named[name] or UNKNOWN for name in by), segment(openness, place), figures)
    return sorted(totals.rows())
