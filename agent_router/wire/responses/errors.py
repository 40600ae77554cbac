"""Errors in the responses dialect: OpenAI's error object, and the events that end a stream."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_router.errors import ApiError
from agent_router.wire.chat.render import error_body

__all__ = ["error_body", "error_event", "failed_event", "failed_response", "sse"]


def sse(event: dict[str, Any]) -> bytes:
    """One server-sent event, named by its type."""
    return b"event: " + str(event["type"]).encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"


def error_event(error: ApiError, number: int = 0) -> bytes:
    """The `error` event, `number` being its place in the stream. The flat fields are OpenAI's, the object is Open
    Responses'."""
    said = {"type": error.kind, "code": error.code, "message": error.message, "param": error.param}
    flat = {"code": error.code, "message": error.message, "param": error.param}
    return sse({"type": "error", "sequence_number": number, **flat, "error": said})


def failed_response(error: ApiError, response: dict[str, Any]) -> dict[str, Any]:
    """What is known of a response that failed."""
    return {**response, "status": "failed", "error": {"code": error.code or "server_error", "message": error.message}}


def failed_event(response: dict[str, Any], number: int) -> bytes:
    """`response.failed`: clients take it for the end, and a bare cut for none."""
    return sse({"type": "response.failed", "sequence_number": number, "response": response})
