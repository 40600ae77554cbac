"""Cuts an export down: agents tell of much that has nothing to do with tokens."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.clients.otel.recorder import Sent

_TELLS = re.compile(r"token|usage|gen_ai|api_request|api_error|api_response")
_NOISE = re.compile(r"codex\.(?:skills|sqlite|db|mcp|tools|plugins|startup)\b|sql\.execute|db\.query|SQLite")
_OTHERS = 2
"""So many of the records that tell nothing of a call stay in each request."""
_LONG = 300  # characters
MESSAGES: dict[str, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
_LISTS = (("resource_spans", "scope_spans", "spans"), ("resource_metrics", "scope_metrics", "metrics"))
_LISTS += (("resource_logs", "scope_logs", "log_records"),)


def cut(sent: Sent) -> Sent:
    """The same request with fewer records, and these with shorter texts; its bytes are written anew. What is small
    stays as it is."""
    if len(sent.body) < 10_000:
        return sent
    packed = sent.encoding == "gzip"
    body = gzip.decompress(sent.body) if packed else sent.body
    if sent.content_type == "application/json":
        document = json.loads(body)
        for records in lists(document):
            records[:] = _kept(records)
        body = json.dumps(_shorter(document), separators=(",", ":"), ensure_ascii=False).encode()
    else:
        message = MESSAGES[sent.path.rpartition("/")[2]]()
        message.ParseFromString(body)
        for records in _fields(message):
            kept = _kept(list(records))
            del records[:]
            records.extend(kept)
        _shorten(message)
        body = message.SerializeToString()
    return replace(sent, body=gzip.compress(body, mtime=0) if packed else body)


def _kept(records: list[Any]) -> list[Any]:
    others = 0
    kept = []
    for record in records:
        text = str(record)
        tells = _TELLS.search(text) is not None and not _NOISE.search(text)
        others += not tells
        if tells or (others <= _OTHERS and len(text) < 4_000):
            kept.append(record)
    return kept


def _shorter(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_LONG]
    if isinstance(value, list):
        return [_shorter(each) for each in value]
    return {name: _shorter(each) for name, each in value.items()} if isinstance(value, dict) else value


def _shorten(message: Any) -> None:
    for field, value in message.ListFields():
        if field.name == "string_value":
            setattr(message, field.name, value[:_LONG])
        elif field.message_type is not None:
            for each in value if field.is_repeated else [value]:
                _shorten(each)


def lists(document: dict[str, Any]) -> Iterator[list[Any]]:
    """The spans, metrics or log records of each scope."""
    for names in _LISTS:
        resources, scopes, records = (_camel(name) for name in names)
        for resource in document.get(resources, ()):
            for scope in resource.get(scopes, ()):
                yield scope.get(records, [])


def _fields(message: Any) -> Iterator[Any]:
    for resources, scopes, records in _LISTS:
        for resource in getattr(message, resources, ()):
            for scope in getattr(resource, scopes):
                yield getattr(scope, records)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
