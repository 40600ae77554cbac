"""What a made home holds, by the one who made it: to compare what an importer finds with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from agent_telemetry.usage_record import UsageRecord


class Call(NamedTuple):
    """A model call. `reasoning` is part of `output`; None: the log does not say it."""

    model: str | None
    session: str | None
    time: datetime
    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int | None = None


def found(rows: Iterable[UsageRecord]) -> Counter[Call]:
    """The rows as calls; a bucket that is unknown counts as none."""
    return Counter(
        Call(
            *(row.model, row.session, row.time, row.input or 0, row.cache_read or 0, row.cache_write or 0),
            *(row.output or 0, row.reasoning),
        )
        for row in rows
    )
