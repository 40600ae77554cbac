"""OTLP requests, made of plain values: protobuf messages, and the JSON that says the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

WHEN = 1_795_860_000_000_000_000
"""2026-11-28, in nanoseconds since 1970."""
SECOND = 1_000_000_000
REQUESTS = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
PROTOBUF, JSON = "application/x-protobuf", "application/json"


def span(
    id: int,
    name: str = "chat",
    *,
    trace: int = 1,
    parent: int = 0,
    start: int = WHEN,
    seconds: float = 1.0,
    failed: bool = False,
    **attributes: Any,
) -> dict[str, Any]:
    """A span; `attributes` have their dots as two underscores."""
    return {
        "trace": trace,
        "id": id,
        "parent": parent,
        "name": name,
        "start": start,
        "end": start + round(seconds * SECOND),
        "failed": failed,
        "attributes": dotted(attributes),
    }


def dotted(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """`a__b` is the attribute `a.b`."""
    return {name.replace("__", "."): value for name, value in attributes.items()}


def traces(spans: Iterable[Mapping[str, Any]], *, scope: str = "", **resource: Any) -> ExportTraceServiceRequest:
    """A request with spans."""
    request = ExportTraceServiceRequest()
    held = request.resource_spans.add()
    put(held.resource.attributes, dotted(resource))
    of_scope = held.scope_spans.add()
    of_scope.scope.name = scope
    for each in spans:
        made = of_scope.spans.add()
        made.trace_id = each["trace"].to_bytes(16, "big")
        made.span_id = each["id"].to_bytes(8, "big")
        if each["parent"]:
            made.parent_span_id = each["parent"].to_bytes(8, "big")
        made.name = each["name"]
        made.start_time_unix_nano, made.end_time_unix_nano = each["start"], each["end"]
        if each["failed"]:
            made.status.code = 2
        put(made.attributes, each["attributes"])
    return request


def event(name: str = "", *, body: str = "", time: int = WHEN, **attributes: Any) -> dict[str, Any]:
    """A log record."""
    return {"name": name, "body": body, "time": time, "attributes": dotted(attributes)}


def logs(events: Iterable[Mapping[str, Any]], *, scope: str = "", **resource: Any) -> ExportLogsServiceRequest:
    """A request with log records."""
    request = ExportLogsServiceRequest()
    held = request.resource_logs.add()
    put(held.resource.attributes, dotted(resource))
    of_scope = held.scope_logs.add()
    of_scope.scope.name = scope
    for each in events:
        made = of_scope.log_records.add()
        made.time_unix_nano = each["time"]
        made.event_name = each["name"]
        if each["body"]:
            made.body.string_value = each["body"]
        put(made.attributes, each["attributes"])
    return request


def counter(
    name: str,
    points: Iterable[Mapping[str, Any]],
    *,
    delta: bool = False,
    histogram: bool = False,
    scope: str = "",
    **resource: Any,
) -> ExportMetricsServiceRequest:
    """A request with a counter, or a histogram; a point has `value`, `start`, `time` and `attributes`."""
    request = ExportMetricsServiceRequest()
    held = request.resource_metrics.add()
    put(held.resource.attributes, dotted(resource))
    of_scope = held.scope_metrics.add()
    of_scope.scope.name = scope
    metric = of_scope.metrics.add()
    metric.name = name
    data = metric.histogram if histogram else metric.sum
    data.aggregation_temporality = 1 if delta else 2
    if not histogram:
        metric.sum.is_monotonic = True
    for each in points:
        made = data.data_points.add()
        made.start_time_unix_nano, made.time_unix_nano = each["start"], each["time"]
        put(made.attributes, each["attributes"])
        if histogram:
            made.sum = each["value"]
            made.count = 1
        elif isinstance(each["value"], float):
            made.as_double = each["value"]
        else:
            made.as_int = each["value"]
    return request


def point(value: float, *, start: int = WHEN, time: int = WHEN + 60 * SECOND, **attributes: Any) -> dict[str, Any]:
    """A metric's point."""
    return {"value": value, "start": start, "time": time, "attributes": dotted(attributes)}


def put(attributes: Any, values: Mapping[str, Any]) -> None:
    """Add attributes to a message."""
    for name, value in values.items():
        made = attributes.add()
        made.key = name
        _set(made.value, value)


def _set(into: Any, value: Any) -> None:
    match value:
        case bool():
            into.bool_value = value
        case int():
            into.int_value = value
        case float():
            into.double_value = value
        case str():
            into.string_value = value
        case bytes():
            into.bytes_value = value
        case list():
            into.array_value.SetInParent()
            for each in value:
                _set(into.array_value.values.add(), each)
        case dict():
            into.kvlist_value.SetInParent()
            put(into.kvlist_value.values, value)


def as_json(request: Any, *, numbers: bool = False, names: bool = False) -> bytes:
    """The same in OTLP's JSON; with `numbers` integers are no strings, with `names` enums are."""
    told = json_format.MessageToDict(request, use_integers_for_enums=not names)
    return json.dumps(_hexadecimal(told, numbers)).encode()


def _hexadecimal(told: Any, numbers: bool) -> Any:
    if isinstance(told, list):
        return [_hexadecimal(each, numbers) for each in told]
    if not isinstance(told, dict):
        return told
    found = {}
    for name, value in told.items():
        if name in ("traceId", "spanId", "parentSpanId"):
            found[name] = base64.b64decode(value).hex()
        elif numbers and isinstance(value, str) and (name.endswith("Nano") or name in ("intValue", "asInt")):
            found[name] = int(value)
        else:
            found[name] = _hexadecimal(value, numbers)
    return found
