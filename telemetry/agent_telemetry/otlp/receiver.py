"""Takes OTLP requests: decodes them, finds the calls that they tell of, and has these written before it says so."""

from __future__ import annotations

import gc
import logging
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import structs

from agent_telemetry.duplicates import PROXY, drop_duplicates
from agent_telemetry.importers.values import milliseconds
from agent_telemetry.learned import Learned
from agent_telemetry.ledger import Ledger
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_reader import reading
from agent_telemetry.migrations import NewerLedger
from agent_telemetry.otlp import otlp_json, protobuf
from agent_telemetry.otlp.ancestors import Ancestors
from agent_telemetry.otlp.answer import JSON, Answer, media_type, refused, taken
from agent_telemetry.otlp.call import TAKEN
from agent_telemetry.otlp.clean import cleaned
from agent_telemetry.otlp.content_encoding import plain
from agent_telemetry.otlp.meters import Meters
from agent_telemetry.otlp.records import Batch, Origin, Point, Record, Signal, Wanted
from agent_telemetry.otlp.refusal import Refusal
from agent_telemetry.otlp.sources.source import Series, Source
from agent_telemetry.otlp.twins import Twins
from agent_telemetry.usage_record import UsageRecord

METERS: Final = "otlp meters"
"""In the ledger's `states`: what counters had."""
TOGETHER: Final = 2_000
"""Rows that wait for the ledger at most, which drops the oldest of more than 10,000."""
_WRITTEN_S: Final = 5.0  # an exporter waits for ten
_AGAIN_S: Final = 2
_BEFORE_MS: Final = 3_600_000
_QUIET_S: Final = 1.0  # without a request, before duplicates are looked for
_SHARE: Final = 20  # of the time one in so many may go into that, while requests come
_OWN: Final = ("agent-router", "agent_router")
# Ids that the router gives to answers: what tells of such a call has passed through it.
_OURS: Final = re.compile(r"(chatcmpl-|cmpl-|resp_|msg_)ar[0-9a-f]{24}")
_log = logging.getLogger(__name__)


class Receiver:
    """One at a time. `ledger` enriches its rows, and has no other user; `salt` is the installation's.

    A request is answered when its rows are written, so that `kill -9` loses none that was acknowledged. Where the
    ledger cannot be written, it is refused with 503, and comes again: its rows have the same keys then.
    """

    def __init__(self, ledger: Ledger, sources: Sequence[Source], salt: bytes) -> None:
        self._ledger = ledger
        self._sources = sources
        self._salt = salt
        self._wanted = Wanted(
            frozenset().union(*(source.attributes for source in sources)),
            frozenset().union(*(source.metrics for source in sources)),
        )
        self._counts: Counter[str] = Counter()
        self._counted = self._counts
        self._meters: Meters | None = None  # until the ledger was read
        self._ancestors = Ancestors()
        self._twins = Twins()
        # The time of the earliest row that was not looked at yet; one that was killed may have left some.
        self._since: int | None = milliseconds(datetime.now(UTC)) - _BEFORE_MS
        self._next_look = time.monotonic() + _QUIET_S

    def take(self, signal: Signal, content_type: str, encoding: str, body: bytes) -> Answer:
        """The answer to a request. Raises nothing."""
        kind = media_type(content_type)
        try:
            if kind is None:
                raise Refusal(415, "OTLP is read as application/x-protobuf or application/json.")
            plainly = plain(body, encoding)
            decode = otlp_json.decoded if kind == JSON else protobuf.decoded
            batch = decode(signal, plainly, self._wanted)
            meters = self._meters or self._remember()
            self._write(self._rows(batch, meters), meters)
            return taken(signal, kind, batch.rejected)
        except Refusal as refusal:
            return refused(kind, refusal)
        except Exception as error:
            # Its words may hold some of the request's.
            _log.error("An OTLP request failed in the receiver: %s", type(error).__name__)
            return refused(kind, Refusal(500, "The receiver itself failed."))

    def rest(self) -> float:
        """Do what is to be done between requests; after how many seconds of quiet to call it again."""
        if self._since is None:
            return 60.0
        now = time.monotonic()
        if now < self._next_look:
            return self._next_look - now
        self._look()
        return _QUIET_S

    def _look(self) -> None:
        """Find the calls that others tell of as well."""
        began, since, self._since = time.monotonic(), self._since, None
        gc.disable()  # thousands of rows, which hold no cycles
        try:
            with closing(open_ledger(self._ledger.path)) as conn:
                drop_duplicates(conn, since, self._salt)
        except Exception as error:  # locked, full, gone: the next look finds them
            _log.info("Duplicates were not looked for: %s", type(error).__name__)
            self._since = since
        finally:
            gc.enable()
        self._next_look = time.monotonic() + max(_QUIET_S, _SHARE * (time.monotonic() - began))

    def _remember(self) -> Meters:
        """What the last receiver left in the ledger; without it, counters would be counted again. `Refusal` 503 where
        it cannot be read."""
        try:
            with closing(open_ledger(self._ledger.path)) as conn:
                found = dict(conn.execute("SELECT name, state FROM states WHERE name IN (?, ?)", [TAKEN, METERS]))
        except (sqlite3.Error, OSError, NewerLedger):
            raise _busy() from None
        try:
            self._counts = Counter(msgspec.msgpack.decode(found.get(TAKEN, b"\x80"), type=dict[str, int]))
        except msgspec.DecodeError:
            pass  # of another version
        self._counted = self._counts.copy()
        self._meters = Meters(self._salt, found.get(METERS))
        return self._meters

    def _rows(self, batch: Batch, meters: Meters) -> list[UsageRecord]:
        erased = self._erased()
        spans = [(span, self._of(span, self._source(span.origin, span.name), "span", batch)) for span in batch.spans]
        rows = self._twins.rows(spans, self._ancestors.rows(spans))
        for event in batch.events:
            name = next((name for name in event.names if "." in name), "")
            if (row := self._of(event, self._source(event.origin, name), "event", batch)) is not None:
                rows.append(row)
        by_kinds: dict[frozenset[str], list[tuple[Point, Series]]] = {}
        for point in batch.points:
            source = self._source(point.origin, point.metric)
            if source is None or point.metric not in source.metrics:
                continue
            if (series := self._of(point, source, "point", batch)) is not None:
                by_kinds.setdefault(source.kinds, []).append((point, series))
        for kinds, points in by_kinds.items():
            rows += meters.rows(points, kinds, erased)
        for why, number in batch.rejected.items():
            self._counts[why] += number
        kept = [row for row in rows if milliseconds(row.time) >= erased(row.agent)]
        if len(kept) < len(rows):
            self._counts["erased"] += len(rows) - len(kept)
        return [self._settled(row) for row in kept]

    def _erased(self) -> Callable[[str | None], int]:
        """Until when the user had an agent's calls forgotten: its own, or all. What comes late of these stays so."""
        try:
            with reading(self._ledger.path) as conn:
                found = dict(conn.execute("SELECT agent, before FROM erased")) if conn is not None else {}
        except sqlite3.Error:  # then there is no writing either
            found = {}
        return lambda agent: max(found.get("", 0), found.get(agent or "", 0))

    def _of(self, record: Record, source: Source | None, kind: str, batch: Batch) -> Any:
        """What a source finds in a record. One that it fails with is rejected, and the others are taken."""
        if source is None:
            return None
        try:
            return getattr(source, kind)(record)
        except Exception as error:
            _log.error("A %s could not be read: %s", kind, type(error).__name__)
            batch.reject("records that could not be read")
            return None

    def _source(self, origin: Origin, name: str) -> Source | None:
        """Who reads a record; nobody, where the router sent it itself."""
        if origin.service in _OWN or origin.scope.startswith(_OWN):
            self._counts["the router's own"] += 1
            return None
        return next((source for source in self._sources if source.claims(origin, name)), None)

    def _settled(self, row: UsageRecord) -> UsageRecord:
        row = cleaned(row, self._salt)
        if row.response_id is not None and _OURS.fullmatch(row.response_id):
            row = structs.replace(row, duplicate=PROXY)
        return row

    def _write(self, rows: list[UsageRecord], meters: Meters) -> None:
        """`Refusal` 503 unless all are in the ledger."""
        ledger, lost = self._ledger, self._ledger.lost
        if rows:
            earliest = min(milliseconds(row.time) for row in rows)
            self._since = earliest if self._since is None else min(earliest, self._since)
        for begin in range(0, len(rows), TOGETHER):
            if ledger.pending and not ledger.flush(_WRITTEN_S):
                raise _busy()
            for row in rows[begin : begin + TOGETHER]:
                ledger.record(row)
        states = {}
        if meters.changed:
            states[METERS] = meters.state()
        if self._counts != self._counted:
            states[TAKEN] = msgspec.msgpack.encode(self._counts)
            self._counted = self._counts.copy()
        if states:
            ledger.record(Learned(states=states))
        if (rows or states) and not ledger.flush(_WRITTEN_S):
            raise _busy()
        if ledger.lost > lost:
            raise Refusal(500, "The ledger does not take some of the rows.")


def _busy() -> Refusal:
    return Refusal(503, "The ledger cannot be written just now.", _AGAIN_S)
