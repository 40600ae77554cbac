"""The same request in protobuf and in JSON is the same; what is no request is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_telemetry.otlp import otlp_json, protobuf
from agent_telemetry.otlp.records import Wanted
from agent_telemetry.otlp.refusal import Refusal
from agent_telemetry.otlp.sources.known import SOURCES
from tests.telemetry.otlp import payloads
from tests.telemetry.otlp.payloads import REQUESTS, as_json

WANTED = Wanted(
    frozenset().union(*(source.attributes for source in SOURCES)),
    frozenset().union(*(source.metrics for source in SOURCES)),
)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-(2**63), 2**63 - 1)
scalars = st.one_of(text, integers, st.booleans(), st.floats(allow_nan=False))
names = st.one_of(st.sampled_from(sorted(WANTED.attributes)), text)
attributes = st.dictionaries(names, scalars, max_size=6)
nanoseconds = st.integers(0, 2**64 - 1)
spans = st.lists(
    st.fixed_dictionaries(
        {
            "trace": st.integers(0, 2**128 - 1),
            "id": st.integers(0, 2**64 - 1),
            "parent": st.integers(0, 2**64 - 1),
            "name": text,
            "start": nanoseconds,
            "end": nanoseconds,
            "failed": st.booleans(),
            "attributes": attributes,
        }
    ),
    max_size=4,
)
events = st.lists(
    st.fixed_dictionaries({"name": text, "body": text, "time": nanoseconds, "attributes": attributes}), max_size=4
)
points = st.lists(
    st.fixed_dictionaries(
        {
            "value": st.one_of(integers, st.floats()),
            "start": nanoseconds,
            "time": nanoseconds,
            "attributes": attributes,
        }
    ),
    max_size=4,
)
metric_names = st.sampled_from(sorted(WANTED.metrics))


@given(spans, attributes, text, st.booleans(), st.booleans())
def test_spans(held: Any, resource: Any, scope: str, numbers: bool, enums: bool) -> None:
    request = payloads.traces(held, scope=scope, **resource)
    one = protobuf.decoded("traces", request.SerializeToString(), WANTED)
    assert one == otlp_json.decoded("traces", as_json(request, numbers=numbers, names=enums), WANTED)
    invalid = sum(not each["trace"] or not each["id"] for each in held)
    assert (len(one.spans), one.rejected.get("spans without valid ids", 0)) == (len(held) - invalid, invalid)


@given(events, attributes, text, st.booleans())
def test_log_records(held: Any, resource: Any, scope: str, numbers: bool) -> None:
    request = payloads.logs(held, scope=scope, **resource)
    one = protobuf.decoded("logs", request.SerializeToString(), WANTED)
    assert one == otlp_json.decoded("logs", as_json(request, numbers=numbers), WANTED)
    assert len(one.events) == len(held)


@given(metric_names, points, st.booleans(), attributes, st.booleans(), st.booleans())
def test_counters(name: str, held: Any, delta: bool, resource: Any, numbers: bool, enums: bool) -> None:
    request = payloads.counter(name, held, delta=delta, **resource)
    one = protobuf.decoded("metrics", request.SerializeToString(), WANTED)
    assert one == otlp_json.decoded("metrics", as_json(request, numbers=numbers, names=enums), WANTED)
    assert len(one.points) + sum(one.rejected.values()) == len(held)


@given(points, st.booleans())
def test_histograms(held: Any, delta: bool) -> None:
    held = [each | {"value": float(each["value"])} for each in held]
    request = payloads.counter("gen_ai.client.token.usage", held, delta=delta, histogram=True)
    one = protobuf.decoded("metrics", request.SerializeToString(), WANTED)
    assert one == otlp_json.decoded("metrics", as_json(request), WANTED)


@given(st.sampled_from(sorted(REQUESTS)), st.binary(max_size=200))
def test_arbitrary_bytes_are_taken_or_refused(signal: Any, body: bytes) -> None:
    for decoded in (protobuf.decoded, otlp_json.decoded):
        try:
            decoded(signal, body, WANTED)
        except Refusal as refusal:
            status = refusal.status
        else:
            status = 400
        assert status == 400


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *("resourceSpans", "scopeSpans", "spans", "resourceLogs", "scopeLogs", "logRecords", "attributes"),
                    *(
                        "resourceMetrics",
                        "scopeMetrics",
                        "metrics",
                        "sum",
                        "dataPoints",
                        "name",
                        "key",
                        "value",
                        "body",
                    ),
                    *("traceId", "spanId", "startTimeUnixNano", "intValue", "stringValue", "asInt", "resource"),
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


@given(st.sampled_from(sorted(REQUESTS)), json_values)
def test_arbitrary_json_is_taken_or_refused(signal: Any, value: Any) -> None:
    try:
        otlp_json.decoded(signal, json.dumps(value).encode(), WANTED)
    except Refusal as refusal:
        status = refusal.status
    else:
        status = 400
    assert status == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"resourceSpans": 1}', b"{", b'{"resourceSpans":' * 3000, b"[" * 200_000, b"\xff\xfe{}"],
    ids=["empty", "list", "null", "number", "cut", "nested", "deep", "no UTF-8"],
)
def test_what_is_no_json_message(body: bytes) -> None:
    with pytest.raises(Refusal):
        otlp_json.decoded("traces", body, WANTED)


def test_a_message_within_itself() -> None:
    """AnyValue may hold itself: protobuf bounds how deeply."""
    value: Any = "x"
    for _ in range(40):
        value = [value]
    request = payloads.traces([payloads.span(1, gen_ai__usage__input_tokens=value)])
    assert protobuf.decoded("traces", request.SerializeToString(), WANTED).spans[0].attributes == {}
    body = request.SerializeToString()
    for _ in range(400):
        body = b"\x0a" + _length(body) + body
    with pytest.raises(Refusal):
        protobuf.decoded("traces", b"\x0a" + _length(body) + body, WANTED)


def _length(body: bytes) -> bytes:
    length, found = len(body), bytearray()
    while length > 0x7F:
        found.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*found, length])


@pytest.mark.parametrize(
    "trace", ["5b8efff798038103d269b633813fc60c", "5B8EFFF798038103D269B633813FC60C", "W47/95gDgQPSabYzgT/GDA=="]
)
def test_ids_in_json(trace: str) -> None:
    told = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": trace, "spanId": "EEE19B7EC3C1B174"}]}]}]}
    (span,) = otlp_json.decoded("traces", json.dumps(told).encode(), WANTED).spans
    assert (span.trace, span.id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")


def test_one_broken_record_does_not_spoil_the_others() -> None:
    good = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "flags": 257, "unknown": {}}
    spans: list[Any] = [good, good | {"traceId": "xyz"}, good | {"name": 5}, good | {"attributes": None}]
    told = {"resourceSpans": [{"schemaUrl": "x", "scopeSpans": [{"spans": spans}]}, {"resource": None}]}
    batch = otlp_json.decoded("traces", json.dumps(told).encode(), WANTED)
    assert len(batch.spans) == 2
    assert batch.rejected == {"spans without valid ids": 1, "spans of another form": 1}
