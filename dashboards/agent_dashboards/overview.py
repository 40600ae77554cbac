"""The first page: the split, and the requests as they come."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec

from agent_dashboards.request_row import request_row, shown
from agent_dashboards.site import Data, Site
from agent_dashboards.split_bar import MEASURES, split_bar
from agent_dashboards.time_range import RANGES, Range, begin_of
from agent_telemetry.live import Running
from agent_telemetry.split import Split, split
from agent_telemetry.usage_record import UsageRecord

By = Literal["output", "requests", "tokens", "money"]


class OverviewQuery(msgspec.Struct, frozen=True):
    """The range of time, and what is measured."""

    range: Range = "7d"
    by: By = "output"


def add_overview(site: Site) -> None:
    """`/`, with `/api/split` as its twin."""

    async def data(query: OverviewQuery) -> Data:
        found = await split_of(site, query.range)
        bar = split_bar(found, query.by)
        segments = [segment._asdict() for segment in bar.segments]
        return {"range": query.range, "by": query.by, "total": bar.total, "segments": segments, **found}

    def view(data: Data) -> Data:
        snapshot = site.feed.snapshot()
        requests: list[Running | UsageRecord] = [*reversed(snapshot.running), *snapshot.finished]
        return {
            "ranges": RANGES,
            "measures": {key: name for key, (name, _) in MEASURES.items()},
            "bar": split_bar(data, data["by"]),
            "rows": [shown(request_row(request, site.classify)) for request in requests],
        }

    site.page("/", "overview.html", OverviewQuery, data, view, twin="/api/split")


async def split_of(site: Site, range_: Range) -> Split:
    """The split of a range up to now."""
    since = begin_of(range_, datetime.now())
    read = partial(split, site.ledger, site.classify, since=since, by_session=False)
    found: dict[str, Any] = await site.kept.get(("split", range_), read)
    return found
