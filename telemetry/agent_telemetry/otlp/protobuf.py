"""OTLP requests in protobuf."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agent_telemetry.otlp.names import event_names
from agent_telemetry.otlp.points import canonical, whole
from agent_telemetry.otlp.records import Attributes, Batch, Event, Origin, Point, Signal, Span, Wanted
from agent_telemetry.otlp.refusal import Refusal

_ERROR: Final = 2  # Status.StatusCode
_DELTA: Final = 1  # AggregationTemporality
_HALF: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_SCALARS: Final = frozenset(("string_value", "int_value", "double_value", "bool_value"))


def decoded(signal: Signal, body: bytes, wanted: Wanted) -> Batch:
    """What a request holds. `Refusal` 400 where it is no message of that kind."""
    for mend in (False, True):
        try:
            return _DECODERS[signal](_mended(body) if mend else body, wanted)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            continue
    raise Refusal(400, f"The body is no protobuf message of OTLP {signal}.")


def _mended(body: bytes) -> bytes:
    """With whole characters, as long as the halves: a program that cuts a text after so many UTF-16 units may cut one
    in half, and JavaScript's encoders then write bytes that are no UTF-8."""
    return _HALF.sub("\ufffd".encode(), body)


def _traces(body: bytes, wanted: Wanted) -> Batch:
    names, batch = wanted.attributes, Batch()
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        known = _attributes(resource.resource.attributes, names)
        for scope in resource.scope_spans:
            origin = Origin(known, scope.scope.name)
            for span in scope.spans:
                trace, id, parent = span.trace_id, span.span_id, span.parent_span_id
                if len(trace) != 16 or len(id) != 8 or not any(trace) or not any(id):
                    batch.reject("spans without valid ids")
                    continue
                batch.spans.append(
                    Span(
                        origin,
                        _attributes(span.attributes, names),
                        trace.hex(),
                        id.hex(),
                        parent.hex() if len(parent) == 8 and any(parent) else "",
                        span.name,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        span.status.code == _ERROR,
                    )
                )
    return batch


def _logs(body: bytes, wanted: Wanted) -> Batch:
    names, batch = wanted.attributes, Batch()
    for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
        known = _attributes(resource.resource.attributes, names)
        for scope in resource.scope_logs:
            origin = Origin(known, scope.scope.name)
            for record in scope.log_records:
                told = _attributes(record.attributes, names)
                called = event_names(record.event_name, record.body.string_value, told)
                time = record.time_unix_nano or record.observed_time_unix_nano
                batch.events.append(Event(origin, told, called, time))
    return batch


def _metrics(body: bytes, wanted: Wanted) -> Batch:
    names, batch = wanted.attributes, Batch()
    for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        known = _attributes(resource.resource.attributes, names)
        identity = repr(_identity(resource.resource.attributes))
        for scope in resource.scope_metrics:
            origin = Origin(known, scope.scope.name, identity)
            for metric in scope.metrics:
                if metric.name not in wanted.metrics:
                    continue
                data = metric.WhichOneof("data")
                if data == "sum" and metric.sum.is_monotonic:
                    points, delta = metric.sum.data_points, metric.sum.aggregation_temporality == _DELTA
                elif data in ("histogram", "exponential_histogram"):
                    held = getattr(metric, data)
                    points, delta = held.data_points, held.aggregation_temporality == _DELTA
                else:
                    continue
                for point in points:
                    value = whole(_value(point, data))
                    if value is None:
                        batch.reject("points whose value is no number of tokens")
                        continue
                    batch.points.append(
                        Point(
                            origin,
                            _attributes(point.attributes, names),
                            metric.name,
                            _identity(point.attributes),
                            value,
                            point.start_time_unix_nano,
                            point.time_unix_nano,
                            delta,
                        )
                    )
    return batch


_DECODERS: Final[dict[Signal, Callable[[bytes, Wanted], Batch]]] = {
    "traces": _traces,
    "logs": _logs,
    "metrics": _metrics,
}


def _attributes(pairs: Iterable[Any], names: frozenset[str]) -> Attributes:
    found: Attributes = {}
    for pair in pairs:
        name = pair.key
        if name in names:
            value = pair.value
            kind = value.WhichOneof("value")
            if kind in _SCALARS:
                found[name] = getattr(value, kind)
    return found


def _value(point: Any, data: str) -> object:
    if data != "sum":
        return point.sum
    return point.as_int if point.WhichOneof("value") == "as_int" else point.as_double


def _identity(pairs: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return canonical((pair.key, _plain(pair.value)) for pair in pairs)


def _plain(value: Any) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return {each.key: _plain(each.value) for each in value.kvlist_value.values}
    return getattr(value, kind) if kind else None
