"""Metrics in Prometheus' words, by OpenTelemetry's rules, so that a metric has one name by whichever way it comes.

https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from agent_telemetry.instruments import Definition, Distribution, Reading

_UNITS = {"s": "seconds", "ms": "milliseconds", "By": "bytes"}  # of which we have some; {token} and the like have none
_WRONG = re.compile(r"[^a-zA-Z0-9_:]+|__+")


def metric_name(definition: Definition) -> str:
    """A metric's name without its `_total`, `_bucket` and so on."""
    name, unit = _WRONG.sub("_", definition.name), _UNITS.get(definition.unit, "")
    return f"{name}_{unit}" if unit and not name.endswith(f"_{unit}") else name


def label_name(attribute: str) -> str:
    """A label's name."""
    return _WRONG.sub("_", attribute)


def exposition(readings: Iterable[Reading], accept: str = "") -> tuple[bytes, str]:
    """(body, content type), in the format that the `accept` header asks for: OpenMetrics, or Prometheus' text."""
    registry = CollectorRegistry()
    registry.register(_Collector(readings))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Collector(Collector):
    def __init__(self, readings: Iterable[Reading]) -> None:
        self._families = [_family(reading) for reading in readings]

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _family(reading: Reading) -> Metric:
    definition = reading.definition
    name, unit = metric_name(definition), _UNITS.get(definition.unit, "")
    labels = [label_name(each) for each in definition.attributes]
    if definition.kind == "histogram":
        histogram = HistogramMetricFamily(name, definition.description, labels=labels, unit=unit)
        bounds = (*(str(float(bound)) for bound in definition.bounds), "+Inf")
        for values, point in reading.points:
            assert isinstance(point, Distribution)
            histogram.add_metric(values, list(zip(bounds, accumulate(point.counts), strict=True)), point.sum)
        return histogram
    family: CounterMetricFamily | GaugeMetricFamily
    if definition.kind == "counter":
        family = CounterMetricFamily(name, definition.description, labels=labels, unit=unit)
    else:
        family = GaugeMetricFamily(name, definition.description, labels=labels, unit=unit)
    for values, point in reading.points:
        assert not isinstance(point, Distribution)
        family.add_metric(values, point)
    return family
