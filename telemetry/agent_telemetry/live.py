"""What is happening now: the requests that run, and the last ones that ended, for pages that watch."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import datetime
from pathlib import Path

import msgspec

from agent_telemetry.ledger_reader import recent
from agent_telemetry.usage_record import Place, UsageRecord

KEPT_FINISHED = 50
KEPT_RUNNING = 1000
QUEUED_EVENTS = 256  # a subscriber further behind starts again from a snapshot

_log = logging.getLogger(__name__)


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has been taken and has not ended; `id` is the key of the row that it will have, and the other
    names are as there. `model`, `route` and `reason` are of the side that is asked now."""

    id: str
    time: datetime
    agent: str | None = None
    requested_model: str | None = None
    family: str | None = None
    model: str | None = None
    provider: str | None = None
    place: Place | None = None
    route: str | None = None
    reason: str | None = None


class Snapshot(msgspec.Struct, frozen=True):
    """All that the feed holds: running requests, the oldest first; finished ones, the newest first."""

    running: tuple[Running, ...]
    finished: tuple[UsageRecord, ...]


Event = Snapshot | Running | UsageRecord


class LiveFeed:
    """Requests as they begin and end. All of it on the event loop's thread; about a microsecond a call."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._finished: deque[UsageRecord] = deque(maxlen=KEPT_FINISHED)
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    def load(self, path: Path) -> None:
        """Begin with the last requests of the ledger at `path`; with none where it cannot be read."""
        try:
            self._finished.extendleft(recent(path, KEPT_FINISHED - len(self._finished)))
        except Exception as fault:
            _log.warning("The last requests cannot be read from the ledger: %s", fault)

    def started(self, running: Running) -> None:
        """A request begins, or one that runs is sent elsewhere."""
        self._running[running.id] = running
        if len(self._running) > KEPT_RUNNING:
            del self._running[next(iter(self._running))]
        for subscription in self._subscriptions:
            subscription.put(running)

    def finished(self, row: UsageRecord) -> None:
        """A request ended, whether it was announced or not."""
        self._running.pop(row.key, None)
        self._finished.append(row)
        for subscription in self._subscriptions:
            subscription.put(row)

    def snapshot(self) -> Snapshot:
        """What runs, and what ended last."""
        return Snapshot(tuple(self._running.values()), tuple(reversed(self._finished)))

    def subscribe(self) -> Subscription:
        """Events from now on, the first of them a `Snapshot`. Close it, or use it in a `with` block."""
        subscription = Subscription(self)
        if self._closed:
            subscription.end()
        else:
            self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Send it nothing any more."""
        self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every subscription, also those to come: the server goes down."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.end()
        self._subscriptions.clear()


class Subscription:
    """An async iterator of events. It ends when the feed closes.

    One that is not read is not waited for: when more than 256 events lie unread they are dropped, and a
    `Snapshot` of that moment takes their place.
    """

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed
        self._events: deque[Running | UsageRecord] = deque()
        self._stale = True  # the next event is a snapshot
        self._ended = False
        self._news = asyncio.Event()
        self._news.set()

    @property
    def unread(self) -> bool:
        """Whether the next event is there already."""
        return self._stale or bool(self._events)

    def put(self, event: Running | UsageRecord) -> None:
        """For the feed."""
        if not self._stale:  # the snapshot to come will have it
            self._events.append(event)
            if len(self._events) > QUEUED_EVENTS:
                self._events.clear()
                self._stale = True
        self._news.set()

    def end(self) -> None:
        """For the feed."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        """Stop listening."""
        self._feed.unsubscribe(self)
        self.end()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        await self._news.wait()
        if self._ended:
            raise StopAsyncIteration
        if self._stale:
            self._stale = False
            event: Event = self._feed.snapshot()
        else:
            event = self._events.popleft()
        if not self._events:
            self._news.clear()
        return event
