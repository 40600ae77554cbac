"""What agents asked for: calls by the kind of their family. Only calls that the router saw have one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from agent_telemetry.breakdown import Row
from agent_telemetry.calls import families_met, task_of
from agent_telemetry.ledger_reader import bounds, reading
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.trend import trend


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
    rows = trend(path, classify, ("task",), since=since, until=until)
    with reading(path) as conn:
        if conn is None:
            return []
        kinds = dict(conn.execute("SELECT name, kind FROM families"))
        called = "SELECT 1 FROM calls WHERE family = ? AND time >= ? AND time < ? AND duplicate IS NULL"
        families = Counter(
            task_of(family, kinds)
            for family in families_met(conn)
            if conn.execute(called, [family, *bounds(since, until)]).fetchone()
        )
    return [Task(None if row.keys[0] == UNKNOWN else row.keys[0], families[row.keys[0]], row) for row in rows]
