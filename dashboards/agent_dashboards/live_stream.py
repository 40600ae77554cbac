"""The feed as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from agent_dashboards.request_row import request_row, shown
from agent_telemetry.live import KEPT_FINISHED, Event, LiveFeed, Running, Snapshot
from agent_telemetry.split import Classify

KEEP_ALIVE_S = 15.0
GATHER_S = 0.1  # between two chunks: of a busy router events go together, so that its page does not slow it down


async def live_stream(feed: LiveFeed, classify: Classify, status: Callable[[], dict[str, Any]]) -> AsyncIterator[bytes]:
    """Chunks of an event stream, until the feed closes.

    `snapshot` {running, finished} first, and again after a gap; then `started` and `finished` with a request
    each, and `ledger` whenever the ledger's health changes. A comment every 15 s keeps the connection open.
    """
    before: Any = None
    sent = 0.0
    with feed.subscribe() as events:
        while True:
            batch: list[Event] = []
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    batch.append(await anext(events))
                    if not isinstance(batch[0], Snapshot):
                        await asyncio.sleep(max(0.0, sent + GATHER_S - time.monotonic()))
                while events.unread:
                    batch.append(await anext(events))
            except TimeoutError:
                pass
            except StopAsyncIteration:
                return
            if len(batch) > KEPT_FINISHED:
                batch = [feed.snapshot()]
            chunk = b"".join(_encode(event, classify) for event in batch)
            ledger = ledger_health(status())
            if ledger != before:
                before = ledger
                chunk += _event("ledger", ledger)
            sent = time.monotonic()
            yield chunk or b": keep-alive\n\n"


def ledger_health(status: dict[str, Any]) -> dict[str, Any]:
    """What a page shows of the ledger: whether it is healthy, the rows that its figures lack, and the error.

    While it cannot be written, what waits is missing from the figures like what is lost.
    """
    ledger = status.get("ledger") or {}
    healthy, missing = ledger.get("healthy", True), ledger.get("lost", 0)
    if not healthy:
        missing += ledger.get("pending", 0)
    return {"healthy": healthy, "lost": missing, "error": ledger.get("error")}


def _encode(event: Event, classify: Classify) -> bytes:
    if isinstance(event, Snapshot):
        running = event.running[-KEPT_FINISHED:]
        parts = {"running": running, "finished": event.finished}
        return _event("snapshot", {name: [_row(r, classify) for r in rows] for name, rows in parts.items()})
    return _event("started" if isinstance(event, Running) else "finished", _row(event, classify))


def _row(request: Any, classify: Classify) -> dict[str, Any]:
    row = request_row(request, classify)
    return row | {"shown": shown(row)}


def _event(name: str, data: Any) -> bytes:
    # JSON has no raw line breaks, so that one data line holds it whatever the names in it are.
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))
