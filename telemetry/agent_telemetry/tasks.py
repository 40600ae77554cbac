"""What agents asked for: calls by the kind of their family. Only calls that the router saw have one."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from agent_telemetry.breakdown import Row, Totals, segment
from agent_telemetry.ledger_reader import bounds, reading
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.sums import TOTALS


class Task(NamedTuple):
    """A kind of request, and how many families are of it; None for calls of which no kind is known, such as those
    that only an agent's log tells of."""

    kind: str | None
    families: int
    row: Row


def tasks(
    path: Path, classify: Classify, *, since: datetime | None = None, until: datetime | None = None
) -> list[Task]:
    """The kinds of the calls from `since` on and before `until`. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return []
        kinds = dict(conn.execute("SELECT name, kind FROM families"))
        # To look each of all calls up by the index of their times takes ten times as long as to read them all.
        time = "time" if since is not None else "+time"
        found = conn.execute(
            f"SELECT family, model, provider, place, {TOTALS} FROM calls "  # noqa: S608
            f"WHERE {time} >= ? AND {time} < ? AND duplicate IS NULL GROUP BY 1, 2, 3, 4",
            bounds(since, until),
        ).fetchall()
    known = cache(classify)
    totals = Totals()
    members: dict[str, set[str]] = {}
    for family, model, provider, place, *figures in found:
        # A family that was forgotten still has its kind in its name, `title-3f9a12bc`.
        kind = (kinds.get(family) or family.rpartition("-")[0] or UNKNOWN) if family else ""
        totals.add((kind,), segment(known(model, provider)[0], place), figures)
        members.setdefault(kind, set()).update([family] if family else [])
    return [Task(row.keys[0] or None, len(members[row.keys[0]]), row) for row in totals.rows()]
