"""What metrics count, as rows: tokens of a session or a process, for the time between two looks at its counters.

A counter is told as what was added since the last time (delta), or as all since it began (cumulative). The first makes
a row for each time, known by it, so that an exporter that sends the same again adds nothing. The second makes a row for
each hour, which grows; where the counter began anew, what it had before stays.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from agent_telemetry.otlp.call import METRIC, SOURCE, moment
from agent_telemetry.otlp.records import Point
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.sums import HOUR_MS
from agent_telemetry.usage_record import UsageRecord

_HOUR: Final = HOUR_MS * 1_000_000  # nanoseconds
_SERIES: Final = 10_000
"""Counters that are remembered, the ones that were seen last; in most exports a session has one for each model."""
_BEGINNINGS: Final = 64


class Counter(msgspec.Struct, array_like=True):
    """A cumulative counter of several kinds of tokens. Each kind may have begun at a time of its own, and again later,
    or in two processes that nothing tells apart: `told` has the last value, and its time, by kind and beginning,
    `before` what a kind had when it went down. `base` is what the rows of earlier hours hold, by kind; `begin` is when
    this hour's row begins, `time` that of the last value."""

    begin: int
    time: int
    told: dict[str, dict[int, tuple[int, int]]] = {}
    before: dict[str, int] = {}
    base: dict[str, int] = {}

    def total(self, kind: str) -> int:
        """Of a kind of token since this counter was first seen."""
        return sum(value for value, _ in self.told[kind].values()) + self.before.get(kind, 0)

    def tell(self, kind: str, point: Point) -> None:
        """Take a value, unless a later one is known. If it is less, its counter began anew."""
        values = self.told.setdefault(kind, {})
        last, time = values.get(point.start, (0, 0))
        if point.time < time or (point.time == time and point.value <= last):
            return
        if point.value < last:
            self.before[kind] = self.before.get(kind, 0) + last
        values[point.start] = (point.value, point.time)
        if len(values) > _BEGINNINGS:
            oldest, _ = values.pop(next(iter(values)))
            self.before[kind] = self.before.get(kind, 0) + oldest
        self.time = max(point.time, self.time)


class Meters:
    """Remembers the counters; `state` is kept in the ledger, so that a restart counts nothing twice. `salt` keeps
    anybody from guessing what is hashed."""

    def __init__(self, salt: bytes, state: bytes | None = None) -> None:
        self._salt = salt[:64]
        self._counters: OrderedDict[str, Counter] = OrderedDict()
        self._added: OrderedDict[str, dict[str, int]] = OrderedDict()
        self.changed = False
        if state:
            try:
                self._counters.update(msgspec.msgpack.decode(state, type=dict[str, Counter]))
            except msgspec.DecodeError:
                pass  # of another version

    def state(self) -> bytes:
        """What is to be kept."""
        self.changed = False
        return msgspec.msgpack.encode(self._counters)

    def rows(
        self, points: Iterable[tuple[Point, Series]], kinds: frozenset[str], erased: Callable[[str | None], int]
    ) -> list[UsageRecord]:
        """The rows that points add to, each as it is now. `kinds` are the attributes that do not tell series apart;
        `erased` says until when (milliseconds since 1970) an agent's calls were forgotten."""
        points = list(points)
        newer = {(point.origin.identity, point.origin.scope) for point, series in points if series.family}
        found: dict[str, UsageRecord] = {}
        for point, series in sorted(points, key=lambda told: told[0].time):
            if not series.family and (point.origin.identity, point.origin.scope) in newer:
                continue  # told twice, by an older and a newer metric
            id = self._id(point, series, kinds)
            row = self._delta(id, point, series) if point.delta else self._cumulative(id, point, series, erased)
            if row is not None:
                found[row.key] = row
        return list(found.values())

    def _id(self, point: Point, series: Series, kinds: frozenset[str]) -> str:
        origin = point.origin
        apart = [pair for pair in point.identity if pair[0] not in kinds]
        told = repr((origin.identity, origin.scope, series.family or point.metric, apart, point.delta))
        return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=12, key=self._salt).hexdigest()

    def _delta(self, id: str, point: Point, series: Series) -> UsageRecord | None:
        key = f"{METRIC}{id}:{_milliseconds(point.start)}:{point.time}"
        known = self._added.setdefault(key, {})  # kinds may come apart
        known[series.kind] = max(point.value, known.get(series.kind, 0))
        _bound(self._added)
        return _row(key, point.time, series, known)

    def _cumulative(
        self, id: str, point: Point, series: Series, erased: Callable[[str | None], int]
    ) -> UsageRecord | None:
        counter = self._counters.get(id)
        if counter is None:
            counter = self._counters[id] = Counter(begin=point.start or point.time, time=point.time)
            _bound(self._counters)
        self._counters.move_to_end(id)
        forgotten = _milliseconds(counter.begin) < erased(series.agent) <= _milliseconds(point.time)
        if point.time // _HOUR > counter.time // _HOUR or forgotten:
            counter.begin = counter.time
            counter.base = {kind: counter.total(kind) for kind in counter.told}
        counter.tell(series.kind, point)
        self.changed = True
        figures = {kind: counter.total(kind) - counter.base.get(kind, 0) for kind in counter.told}
        return _row(f"{METRIC}{id}:{_milliseconds(counter.begin)}", counter.time, series, figures)


def _row(key: str, time: int, series: Series, figures: dict[str, int]) -> UsageRecord | None:
    tokens = series.tokens(figures)
    if not any(tokens[:4]):
        return None
    return UsageRecord(
        source=SOURCE,
        key=key,
        time=moment(time) or datetime.now(UTC),
        agent=series.agent,
        session=series.session,
        model=series.model,
        provider=series.provider,
        **tokens._asdict(),
    )


def _milliseconds(nanoseconds: int) -> int:
    return nanoseconds // 1_000_000


def _bound(kept: OrderedDict[str, object] | OrderedDict[str, Counter] | OrderedDict[str, dict[str, int]]) -> None:
    while len(kept) > _SERIES:
        kept.popitem(last=False)
