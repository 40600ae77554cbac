"""Metrics as the SDK's exporter takes them: cumulative since the process began."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Histogram as HistogramData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.util.types import AttributeValue

from agent_telemetry.conventions import SCHEMA_URL, SERVER_PORT
from agent_telemetry.instruments import Definition, Distribution, Labels, Reading

_CUMULATIVE = AggregationTemporality.CUMULATIVE


def metrics_data(
    readings: Iterable[Reading], resource: Resource, scope: InstrumentationScope, since: int, now: int
) -> MetricsData:
    """The readings, counted from `since` to `now` (nanoseconds since 1970). Metrics without a series are left out."""
    metrics = [_metric(reading, since, now) for reading in readings if reading.points]
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, metrics, SCHEMA_URL)], resource.schema_url)])


def _metric(reading: Reading, since: int, now: int) -> Metric:
    definition = reading.definition
    data: HistogramData | Sum | Gauge
    if definition.kind == "histogram":
        histograms = [
            _histogram(definition, labels, cast(Distribution, point), since, now) for labels, point in reading.points
        ]
        data = HistogramData(histograms, _CUMULATIVE)
    else:
        numbers = [
            NumberDataPoint(_attributes(definition, labels), since, now, cast(float, point))
            for labels, point in reading.points
        ]
        data = Sum(numbers, _CUMULATIVE, is_monotonic=True) if definition.kind == "counter" else Gauge(numbers)
    return Metric(definition.name, definition.description, definition.unit, data)


def _histogram(definition: Definition, labels: Labels, point: Distribution, since: int, now: int) -> HistogramDataPoint:
    counts, total = list(point.counts), point.sum
    return HistogramDataPoint(
        attributes=_attributes(definition, labels),
        start_time_unix_nano=since,
        time_unix_nano=now,
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=definition.bounds,
        min=None,  # type: ignore[arg-type]  # since when, nobody could say
        max=None,  # type: ignore[arg-type]
    )


def _attributes(definition: Definition, labels: Labels) -> dict[str, AttributeValue]:
    """A label that is empty says what a missing attribute does."""
    return {
        key: int(value) if key == SERVER_PORT and value.isdigit() else value
        for key, value in zip(definition.attributes, labels, strict=True)
        if value
    }
