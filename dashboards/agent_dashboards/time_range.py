"""The range of time that a page shows: up to now, from a local midnight on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

Range = Literal["today", "7d", "30d", "all"]
RANGES: dict[Range, str] = {"today": "Today", "7d": "7 days", "30d": "30 days", "all": "All time"}


def begin_of(range_: Range, now: datetime) -> datetime | None:
    """The local midnight at which a range begins; None for all. Days count today in. `now` has no time zone."""
    if range_ == "all":
        return None
    days = {"today": 0, "7d": 6, "30d": 29}[range_]
    return datetime.combine(now.date() - timedelta(days=days), datetime.min.time())
