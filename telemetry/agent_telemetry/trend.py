"""TEMPORARY until the branch rollups has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from agent_telemetry.breakdown import Row, breakdown
from agent_telemetry.ledger_reader import sums_by_day
from agent_telemetry.split import Classify


def trend(
    path: Path,
    classify: Classify,
    by: Sequence[str],
    since: datetime | None = None,
    until: datetime | None = None,
    zone: tzinfo | None = None,
) -> list[Row]:
    if "task" in by:
        from agent_telemetry.tasks import tasks

        if tuple(by) == ("task",):
            return [
                t.row._replace(keys=(t.kind or "unknown",)) for t in tasks(path, classify, since=since, until=until)
            ]
        return []
    return breakdown(sums_by_day(path, since=since, until=until, zone=zone), classify, by)
