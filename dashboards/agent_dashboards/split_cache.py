"""The split of a range up to now, read in a thread and kept for two seconds."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

from agent_telemetry.split import Classify, Split, split

RANGES = {"today": "Today", "7d": "7 days", "30d": "30 days", "all": "All time"}
KEPT_S = 2.0


def begin_of(range_: str, now: datetime) -> datetime | None:
    """The local midnight at which a range begins; None for all. Days count today in. `now` has no time zone."""
    if range_ == "all":
        return None
    days = {"today": 0, "7d": 6, "30d": 29}[range_]
    return datetime.combine(now.date() - timedelta(days=days), datetime.min.time())


class SplitCache:
    """Splits of one ledger. However many pages ask, a range is read at most once every two seconds."""

    def __init__(self, path: Path, classify: Classify) -> None:
        self._path = path
        self._classify = classify
        self._kept: dict[str, tuple[float, asyncio.Task[Split]]] = {}

    async def get(self, range_: str) -> Split:
        """The split of a key of `RANGES`. Raises `sqlite3.Error` where the file is no ledger."""
        kept = self._kept.get(range_)
        if kept is None or (kept[1].done() and time.monotonic() - kept[0] > KEPT_S):
            kept = self._kept[range_] = (time.monotonic(), asyncio.create_task(self._read(range_)))
        return await asyncio.shield(kept[1])  # one that leaves does not take the others' answer along

    async def _read(self, range_: str) -> Split:
        since = begin_of(range_, datetime.now())
        return await asyncio.to_thread(split, self._path, self._classify, since=since, by_session=False)
