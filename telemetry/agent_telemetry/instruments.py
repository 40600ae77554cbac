"""Metrics as tallies of our own, of which both Prometheus' text and OTLP are made when somebody asks.

A request takes some ten of them, and the SDK's instruments and prometheus_client's take several microseconds each.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Literal, NamedTuple

UNKNOWN = "unknown"
OTHER = "other"
SERIES = 1000  # of one metric
Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]


class Definition(NamedTuple):
    """A metric as OpenTelemetry has it; `unit` in UCUM, `attributes` the keys of its series, `bounds` the inclusive
    upper bounds of a histogram's buckets."""

    kind: Kind
    name: str
    unit: str
    description: str
    attributes: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


class Distribution:
    """How many values fell into each bucket (the last one is beyond all bounds), and their sum."""

    __slots__ = ("counts", "sum")

    def __init__(self, buckets: int) -> None:
        self.counts = [0] * buckets
        self.sum = 0.0


class Reading(NamedTuple):
    """A metric and its series as they are now: numbers, or a histogram's distributions."""

    definition: Definition
    points: list[tuple[Labels, float | Distribution]]


class Counter:
    """Grows. One thread at a time adds, any may read."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._values: dict[Labels, float] = {}

    def add(self, labels: Labels, value: float = 1) -> None:
        """Add to the series of these attributes."""
        values = self._values
        if labels in values:
            values[labels] += value
        else:
            labels = _bounded(labels, len(values))
            values[labels] = values.get(labels, 0) + value

    def read(self) -> Reading:
        """What was counted so far."""
        return Reading(self._definition, list(self._values.items()))


class Histogram:
    """Distributions of values. One thread at a time records, any may read."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._bounds = definition.bounds
        self._values: dict[Labels, Distribution] = {}

    def record(self, labels: Labels, value: float) -> None:
        """Add a value to the series of these attributes."""
        found = self._values.get(labels)
        if found is None:
            labels = _bounded(labels, len(self._values))
            found = self._values.setdefault(labels, Distribution(len(self._bounds) + 1))
        found.counts[bisect_left(self._bounds, value)] += 1
        found.sum += value

    def read(self) -> Reading:
        """What was recorded so far."""
        return Reading(self._definition, list(self._values.items()))


def _bounded(labels: Labels, series: int) -> Labels:
    return labels if series < SERIES else (OTHER,) * len(labels)


class Names:
    """The first `most` distinct names; every later one is "other". Callers choose them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def bounded(self, name: str | None) -> str:
        """The name, or "unknown", or "other"."""
        if not name:
            return UNKNOWN
        if name not in self._seen:
            name = name[:100].encode("utf-8", "replace").decode()
            if name not in self._seen and len(self._seen) >= self._most:
                return OTHER
            self._seen.add(name)
        return name
