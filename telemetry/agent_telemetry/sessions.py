"""Agents' sessions, the most recent first."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from agent_telemetry.breakdown import Row, Totals, segment
from agent_telemetry.ledger_reader import bounds, reading
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.sums import HOUR_MS, SUMS, TOTALS

_OUTPUT: Final = SUMS.index("output")
_SUMMED: Final = ", ".join(f"sum({name})" for name in SUMS)


class Session(NamedTuple):
    """A session of an agent: a salted hash or a random id, never a path. `first` and `last` call in UTC; `models`, by
    output tokens, the most first."""

    id: str
    agent: str | None
    first: datetime
    last: datetime
    models: tuple[str, ...]
    row: Row


def sessions(
    path: Path,
    classify: Classify,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[Session]:
    """The sessions that had a call from `since` on and before `until`, and what of them lies in between; with `limit`,
    only so many. Calls that name no session are left out. Raises `sqlite3.Error` where the file is no ledger."""
    start, end = bounds(since, until)
    known = cache(classify)
    with reading(path) as conn:
        if conn is None:
            return []
        found = []
        for id, agent in _candidates(conn, start, end, limit):
            calls = _Calls(conn, id, agent)
            if (last := calls.last(start, end)) is not None:
                found.append((last, id, agent, calls))
        found.sort(key=lambda each: each[:3], reverse=True)
        made = []
        for last, id, agent, calls in found[:limit]:
            totals, outputs = Totals(), Counter[str]()
            for model, provider, place, *figures in calls.sums(start, end):
                part = segment(known(model or None, provider or None)[0], place)
                totals.add((id, agent), part, figures)
                outputs[model or UNKNOWN] += figures[_OUTPUT]
            [row] = totals.rows()
            models = tuple(sorted(outputs, key=lambda model: (-outputs[model], model)))
            begun, ended = (datetime.fromtimestamp(time / 1000, UTC) for time in (calls.first(start, end), last))
            made.append(Session(id, agent or None, begun, ended, models, row))
        return made


class _Calls:
    """The calls of a session and an agent, '' where unknown, by their index."""

    def __init__(self, conn: sqlite3.Connection, id: str, agent: str) -> None:
        self._conn = conn
        self._key = [id, agent] if agent else [id]
        its = "agent = ?" if agent else "(agent IS NULL OR agent = '')"
        self._where = f"FROM calls WHERE session = ? AND {its} AND time >= ? AND time < ? AND duplicate IS NULL"
        self._agent = agent

    def first(self, start: int, end: int) -> int:
        return int(self._one(f"SELECT time {self._where} ORDER BY time LIMIT 1", start, end)[0])

    def last(self, start: int, end: int) -> int | None:
        found = self._one(f"SELECT time {self._where} ORDER BY time DESC LIMIT 1", start, end)
        return int(found[0]) if found else None

    def sums(self, start: int, end: int) -> Iterable[Any]:
        """Model, provider, place, figures in the order of `SUMS`: of a whole session from what the ledger keeps."""
        cut = self._one(f"SELECT 1 {self._where} LIMIT 1", -(2**62), start)
        if cut or self._one(f"SELECT 1 {self._where} LIMIT 1", end, 2**62):
            sql = f"SELECT model, provider, place, {TOTALS} {self._where} GROUP BY 1, 2, 3"
            return self._conn.execute(sql, [*self._key, start, end])
        sql = (
            f"SELECT model, provider, place, {_SUMMED} FROM session_kinds CROSS JOIN kinds ON kinds.id = kind "  # noqa: S608
            "WHERE session = ? AND agent = ? GROUP BY 1, 2, 3"
        )
        return (row for row in self._conn.execute(sql, [self._key[0], self._agent]) if any(row[3:]))

    def _one(self, sql: str, start: int, end: int) -> Any:
        return self._conn.execute(sql, [*self._key, start, end]).fetchone()


def _candidates(conn: sqlite3.Connection, start: int, end: int, limit: int | None) -> set[tuple[str, str]]:
    """Sessions and agents ('' where unknown) among which are the latest of a range."""
    first, last = start // HOUR_MS, end // HOUR_MS
    hours = "FROM session_sums WHERE session != '' AND answered + failed > 0 AND hour >= ? AND hour <= ?"
    if limit is None:
        return set(conn.execute(f"SELECT DISTINCT session, agent {hours}", [first, last]))
    few = conn.execute("SELECT session FROM session_totals WHERE session != '' LIMIT ?", [limit + 1]).fetchall()
    if len(few) <= limit:
        agents = "SELECT DISTINCT agent FROM session_kinds CROSS JOIN kinds ON kinds.id = kind WHERE session = ?"
        return {(id, agent) for (id,) in few for (agent,) in conn.execute(agents, [id])}
    found: set[tuple[str, str]] = set()
    sure: set[tuple[str, str]] = set()  # in the hour in which the range ends a session may have calls after it only
    before = last
    for hour, id, agent in conn.execute(f"SELECT hour, session, agent {hours} ORDER BY hour DESC", [first, last]):
        if hour != before and len(sure) >= limit:
            break
        before = hour
        found.add((id, agent))
        if hour < last:
            sure.add((id, agent))
    return found
