"""OTLP requests in JSON: protobuf's mapping, but for ids, which are hexadecimal.

Names are in camel case, 64-bit integers strings or numbers, enums integers or names; unknown fields are ignored.
Format: opentelemetry.io/docs/specs/otlp, JSON Protobuf Encoding. Ids in base 64, as protobuf's own mapping would have
them, are understood as well: they differ in their length.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from agent_telemetry.otlp.names import event_names
from agent_telemetry.otlp.points import canonical, whole
from agent_telemetry.otlp.records import Attributes, Batch, Event, Origin, Point, Signal, Span, Wanted
from agent_telemetry.otlp.refusal import Refusal

_T = TypeVar("_T")
_Number = int | str | float | None
_ERROR: Final = (2, "STATUS_CODE_ERROR")
_DELTA: Final = (1, "AGGREGATION_TEMPORALITY_DELTA")
_TIME: Final = 1 << 64  # nanoseconds are unsigned 64-bit integers
_INTEGER: Final = 1 << 63


class _Message(msgspec.Struct, rename="camel"):
    """Fields that are absent or null have their defaults."""


class _Value(_Message):
    string_value: str | None = None
    int_value: _Number = None
    double_value: _Number = None
    bool_value: bool | None = None
    array_value: dict[str, Any] | None = None
    kvlist_value: dict[str, Any] | None = None
    bytes_value: str | None = None


class _Pair(_Message):
    key: str | None = None
    value: _Value | None = None


class _Attributed(_Message):
    attributes: list[_Pair] | None = None


class _Scope(_Message):
    name: str | None = None


class _Status(_Message):
    code: int | str | None = None


class _Span(_Attributed):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: _Number = None
    end_time_unix_nano: _Number = None
    status: _Status | None = None


class _LogRecord(_Attributed):
    time_unix_nano: _Number = None
    observed_time_unix_nano: _Number = None
    event_name: str | None = None
    body: _Value | None = None


class _Point(_Attributed):
    start_time_unix_nano: _Number = None
    time_unix_nano: _Number = None
    as_int: _Number = None
    as_double: _Number = None
    sum: _Number = None


class _Data(_Message):
    data_points: list[msgspec.Raw] | None = None
    aggregation_temporality: int | str | None = None
    is_monotonic: bool | None = None


class _Metric(_Message):
    name: str | None = None
    sum: _Data | None = None
    histogram: _Data | None = None
    exponential_histogram: _Data | None = None


class _ScopeRecords(_Message):
    scope: _Scope | None = None
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None
    metrics: list[msgspec.Raw] | None = None


class _ResourceRecords(_Message):
    resource: _Attributed | None = None
    scope_spans: list[_ScopeRecords] | None = None
    scope_logs: list[_ScopeRecords] | None = None
    scope_metrics: list[_ScopeRecords] | None = None


class _Request(_Message):
    resource_spans: list[_ResourceRecords] | None = None
    resource_logs: list[_ResourceRecords] | None = None
    resource_metrics: list[_ResourceRecords] | None = None


_HALF: Final = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2})(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_request: Final = msgspec.json.Decoder(_Request)
_span: Final = msgspec.json.Decoder(_Span)
_record: Final = msgspec.json.Decoder(_LogRecord)
_metric: Final = msgspec.json.Decoder(_Metric)
_point: Final = msgspec.json.Decoder(_Point)
_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decoded(signal: Signal, body: bytes, wanted: Wanted) -> Batch:
    """What a request holds. `Refusal` 400 where it is no JSON, or no message of that kind; a record that is none is
    rejected by itself."""
    request = _decoded(body) or _decoded(_mended(body))
    if request is None:
        raise Refusal(400, f"The body is no JSON message of OTLP {signal}.")
    batch = Batch()
    if signal == "traces":
        _traces(request, wanted, batch)
    elif signal == "logs":
        _logs(request, wanted, batch)
    else:
        _metrics(request, wanted, batch)
    return batch


def _decoded(body: bytes) -> _Request | None:
    try:
        return _request.decode(body)
    except _FAULTS:
        return None


def _mended(body: bytes) -> bytes:
    """With whole characters: a program that cuts a text after so many UTF-16 units may cut one in half."""
    return _HALF.sub(rb"\\ufffd", body.decode("utf-8", "replace").encode())


def _traces(request: _Request, wanted: Wanted, batch: Batch) -> None:
    for resource in request.resource_spans or ():
        known = _attributes(resource.resource, wanted.attributes)
        for scope in resource.scope_spans or ():
            origin = Origin(known, _name(scope))
            for span in _each(scope.spans, _span, batch, "spans"):
                trace, id = _id(span.trace_id, 16), _id(span.span_id, 8)
                if not trace or not id:
                    batch.reject("spans without valid ids")
                    continue
                batch.spans.append(
                    Span(
                        origin,
                        _attributes(span, wanted.attributes),
                        trace,
                        id,
                        _id(span.parent_span_id, 8),
                        span.name or "",
                        _time(span.start_time_unix_nano),
                        _time(span.end_time_unix_nano),
                        span.status is not None and span.status.code in _ERROR,
                    )
                )


def _logs(request: _Request, wanted: Wanted, batch: Batch) -> None:
    for resource in request.resource_logs or ():
        known = _attributes(resource.resource, wanted.attributes)
        for scope in resource.scope_logs or ():
            origin = Origin(known, _name(scope))
            for record in _each(scope.log_records, _record, batch, "log records"):
                told = _attributes(record, wanted.attributes)
                body = record.body.string_value if record.body is not None else None
                time = _time(record.time_unix_nano) or _time(record.observed_time_unix_nano)
                batch.events.append(Event(origin, told, event_names(record.event_name or "", body or "", told), time))


def _metrics(request: _Request, wanted: Wanted, batch: Batch) -> None:
    for resource in request.resource_metrics or ():
        known = _attributes(resource.resource, wanted.attributes)
        identity = repr(_identity(resource.resource))
        for scope in resource.scope_metrics or ():
            origin = Origin(known, _name(scope), identity)
            for metric in _each(scope.metrics, _metric, batch, "metrics"):
                name = metric.name or ""
                if name not in wanted.metrics:
                    continue
                data = metric.sum if metric.sum is not None and metric.sum.is_monotonic else None
                data = data or metric.histogram or metric.exponential_histogram
                if data is None:
                    continue
                delta = data.aggregation_temporality in _DELTA
                for point in _each(data.data_points, _point, batch, "points"):
                    value = whole(_double(point.sum) if data is not metric.sum else _counted(point))
                    if value is None:
                        batch.reject("points whose value is no number of tokens")
                        continue
                    batch.points.append(
                        Point(
                            origin,
                            _attributes(point, wanted.attributes),
                            name,
                            _identity(point),
                            value,
                            _time(point.start_time_unix_nano),
                            _time(point.time_unix_nano),
                            delta,
                        )
                    )


def _each(raw: list[msgspec.Raw] | None, decoder: msgspec.json.Decoder[_T], batch: Batch, what: str) -> Iterable[_T]:
    for each in raw or ():
        try:
            yield decoder.decode(each)
        except _FAULTS:
            batch.reject(f"{what} of another form")


def _name(scope: _ScopeRecords) -> str:
    return (scope.scope.name if scope.scope is not None else None) or ""


def _id(told: str | None, size: int) -> str:
    """In lower case; empty where it is none."""
    if told is None:
        return ""
    try:
        found = bytes.fromhex(told) if len(told) == 2 * size else base64.b64decode(told, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return found.hex() if len(found) == size and any(found) else ""


def _time(told: _Number) -> int:
    found = _integer(told)
    return found if found is not None and 0 <= found < _TIME else 0


def _integer(told: _Number) -> int | None:
    if isinstance(told, str):
        try:
            told = int(told) if len(told) <= 20 else None
        except ValueError:
            return None
    if isinstance(told, float):
        return int(told) if told.is_integer() else None
    return told


def _double(told: _Number) -> float | None:
    if isinstance(told, str):
        try:
            return float(told)  # also NaN and Infinity
        except ValueError:
            return None
    return float(told) if told is not None else 0.0


def _counted(point: _Point) -> int | float | None:
    if point.as_int is not None:
        return _integer(point.as_int)
    return _double(point.as_double)


def _attributes(of: _Attributed | None, names: frozenset[str]) -> Attributes:
    found: Attributes = {}
    for pair in (of.attributes if of is not None else None) or ():
        if pair.key in names and pair.value is not None:
            value = _scalar(pair.value)
            if value is not None:
                found[pair.key] = value
    return found


def _scalar(value: _Value) -> str | int | float | bool | None:
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        found = _integer(value.int_value)
        return found if found is not None and -_INTEGER <= found < _INTEGER else None
    if value.bool_value is not None:
        return value.bool_value
    return _double(value.double_value) if value.double_value is not None else None


def _identity(of: _Attributed | None) -> tuple[tuple[str, str], ...]:
    return canonical((pair.key or "", _plain(pair.value)) for pair in (of.attributes if of is not None else None) or ())


def _plain(value: _Value | None) -> object:
    """Also lists and maps, as they are needed to tell series apart."""
    if value is None:
        return None
    if (found := _scalar(value)) is not None:
        return found
    for held in (value.array_value, value.kvlist_value):
        if held is not None:
            return repr(held)
    return value.bytes_value
