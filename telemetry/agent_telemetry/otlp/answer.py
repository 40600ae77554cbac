"""Answers to exporters: `Export…ServiceResponse` and `google.rpc.Status`, in the encoding of the request.

Format: opentelemetry.io/docs/specs/otlp, OTLP/HTTP.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from agent_telemetry.otlp.records import Signal
from agent_telemetry.otlp.refusal import Refusal

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
_REJECTED: Final = {"traces": "Spans", "logs": "LogRecords", "metrics": "DataPoints"}
_CODES: Final = {400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 429: 8, 503: 14}  # google.rpc.Code by HTTP status
_UNKNOWN: Final = 2


class Answer(msgspec.Struct):
    """An answer over HTTP. `retry_after` in seconds, None where it makes no sense to try again."""

    status: int
    content_type: str
    body: bytes
    retry_after: int | None = None


def media_type(content_type: str) -> str | None:
    """Which of the two encodings a `content-type` names; None for any other."""
    told = content_type.partition(";")[0].strip().lower()
    if told in (PROTOBUF, "application/protobuf", "application/vnd.google.protobuf"):
        return PROTOBUF
    return JSON if told == JSON else None


def taken(signal: Signal, encoding: str, rejected: dict[str, int]) -> Answer:
    """All is well, but for the records that were `rejected`, counted by the reason."""
    number = sum(rejected.values())
    words = "; ".join(f"{count} {why}" for why, count in sorted(rejected.items()))
    if encoding == JSON:
        told: dict[str, Any] = {}
        if number:
            told = {"partialSuccess": {f"rejected{_REJECTED[signal]}": str(number), "errorMessage": words}}
        return Answer(200, JSON, msgspec.json.encode(told))
    partial = _field(1, number) + _field(2, words) if number else b""
    return Answer(200, PROTOBUF, _field(1, partial))


def refused(encoding: str | None, refusal: Refusal) -> Answer:
    """A request that was not taken; where its encoding is unknown, the answer is JSON."""
    code, message = _CODES.get(refusal.status, _UNKNOWN), str(refusal)
    if encoding == PROTOBUF:
        body = _field(1, code) + _field(2, message)
        return Answer(refusal.status, PROTOBUF, body, refusal.retry_after)
    return Answer(refusal.status, JSON, msgspec.json.encode({"code": code, "message": message}), refusal.retry_after)


def _field(number: int, value: int | str | bytes) -> bytes:
    """A field of a protobuf message. The messages here have two each, and are also sent by a process that need not load
    protobuf for that. Format: protobuf.dev/programming-guides/encoding."""
    if isinstance(value, int):
        return bytes([number << 3]) + _varint(value) if value else b""
    content = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + _varint(len(content)) + content if content else b""


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
