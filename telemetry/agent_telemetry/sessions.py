"""Agents' sessions, the most recent first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from agent_telemetry.breakdown import Row, Totals, segment
from agent_telemetry.ledger_reader import bounds, reading
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.sums import HOUR_MS, SUMS, TOTALS

_OUTPUT = SUMS.index("output")


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
    with reading(path) as conn:
        if conn is None:
            return []
        # The hours of a session from their sums, so that of a million calls only those of the sessions shown are read.
        chosen = conn.execute(
            "SELECT session, agent, min(hour), max(hour) FROM session_sums WHERE session != '' AND hour >= ? "
            "AND hour <= ? GROUP BY 1, 2 ORDER BY 4 DESC LIMIT ?",
            [start // HOUR_MS, end // HOUR_MS, -1 if limit is None else limit + 1],  # one may have ended before `since`
        ).fetchall()
        if not chosen:
            return []
        low = max(start, min(hour for *_, hour, _ in chosen) * HOUR_MS)
        high = min(end, (max(hour for *_, hour in chosen) + 1) * HOUR_MS)
        found = conn.execute(
            f"SELECT session, agent, model, provider, place, min(time), max(time), {TOTALS} "  # noqa: S608
            "FROM calls WHERE time >= ? AND time < ? AND duplicate IS NULL "
            "AND session IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3, 4, 5",
            [low, high, json.dumps([id for id, *_ in chosen])],
        ).fetchall()
    known = cache(classify)
    totals = Totals()
    times: dict[tuple[str, str], tuple[int, int]] = {}
    outputs: dict[tuple[str, str], dict[str, int]] = {}
    for id, agent, model, provider, place, first, last, *figures in found:
        key = (id, agent or "")
        totals.add(key, segment(known(model, provider)[0], place), figures)
        before = times.get(key, (first, last))
        times[key] = min(first, before[0]), max(last, before[1])
        models = outputs.setdefault(key, {})
        models[model or UNKNOWN] = models.get(model or UNKNOWN, 0) + figures[_OUTPUT]
    rows = {(row.keys[0], row.keys[1]): row for row in totals.rows()}
    made = [
        Session(
            key[0],
            key[1] or None,
            datetime.fromtimestamp(times[key][0] / 1000, UTC),
            datetime.fromtimestamp(times[key][1] / 1000, UTC),
            tuple(sorted(outputs[key], key=lambda model: (-outputs[key][model], model))),
            rows[key],
        )
        for key in times
    ]
    made.sort(key=lambda session: (session.last, session.id), reverse=True)
    return made[:limit]
