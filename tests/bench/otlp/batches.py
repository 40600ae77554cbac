"""Requests as an SDK's batch processor sends them: 512 spans of an instrumented program's calls, with their prompts."""

from __future__ import annotations

import gzip
import json
import os
import time
from typing import Any, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Kind = Literal["protobuf", "protobuf, gzip", "JSON", "JSON, gzip"]
SPANS = 512
_PROMPT = "Read the working tree, find out why the test of the parser fails, and say what you would change. " * 4
_ATTRIBUTES: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5.4",
    "gen_ai.response.model": "gpt-5.4",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.max_tokens": 4096,
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 900,
    "gen_ai.input.messages": _PROMPT,
    "server.address": "api.openai.com",
    "server.port": 443,
    "user.email": "a@example.com",
}
_RESOURCE = {"service.name": "a-program", "telemetry.sdk.language": "python", "host.name": "a-host"}


def headers(kind: Kind) -> dict[str, str]:
    """Of a request of that kind."""
    found = {"content-type": "application/json" if kind.startswith("JSON") else "application/x-protobuf"}
    return found | ({"content-encoding": "gzip"} if kind.endswith("gzip") else {})


def batches(kind: Kind, number: int) -> list[bytes]:
    """So many, each with spans of its own."""
    make = _json if kind.startswith("JSON") else _protobuf
    bodies = (make(nth) for nth in range(number))
    return [gzip.compress(body, 1) for body in bodies] if kind.endswith("gzip") else list(bodies)


def _ids() -> tuple[bytes, bytes, str]:
    return os.urandom(16), os.urandom(8), f"chatcmpl-{os.urandom(12).hex()}"


def _protobuf(nth: int) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _put(resource.resource.attributes, _RESOURCE)
    scope = resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.openai"
    usual = Span(name="chat gpt-5.4", kind=Span.SPAN_KIND_CLIENT)
    _put(usual.attributes, {**_ATTRIBUTES, "gen_ai.conversation.id": f"conv_{nth % 40:032x}", "gen_ai.response.id": ""})
    now = time.time_ns()
    for each in range(SPANS):
        span = scope.spans.add()
        span.CopyFrom(usual)
        span.trace_id, span.span_id, span.attributes[-1].value.string_value = _ids()
        span.start_time_unix_nano, span.end_time_unix_nano = (
            now + each * 1_000_000,
            now + each * 1_000_000 + 800_000_000,
        )
    return request.SerializeToString()


def _put(attributes: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        made = attributes.add()
        made.key = name
        kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(made.value, kind, value)


def _json(nth: int) -> bytes:
    now = time.time_ns()
    attributes = _pairs({**_ATTRIBUTES, "gen_ai.conversation.id": f"conv_{nth % 40:032x}"})
    spans = []
    for each in range(SPANS):
        trace, id, answer = _ids()
        spans.append(
            {
                "traceId": trace.hex(),
                "spanId": id.hex(),
                "name": "chat gpt-5.4",
                "kind": 3,
                "startTimeUnixNano": str(now + each * 1_000_000),
                "endTimeUnixNano": str(now + each * 1_000_000 + 800_000_000),
                "attributes": [*attributes, *_pairs({"gen_ai.response.id": answer})],
                "status": {"code": 0},
            }
        )
    scope = {"scope": {"name": "opentelemetry.instrumentation.openai"}, "spans": spans}
    resource = {"resource": {"attributes": _pairs(_RESOURCE)}, "scopeSpans": [scope]}
    return json.dumps({"resourceSpans": [resource]}, separators=(",", ":")).encode()


def _pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
    return [
        {"key": name, "value": {kinds[type(value)]: str(value) if type(value) is int else value}}
        for name, value in values.items()
    ]
