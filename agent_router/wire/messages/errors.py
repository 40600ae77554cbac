"""Errors in Anthropic's shape. Source: its API reference, "Errors"."""

from __future__ import annotations

import msgspec

from agent_router.errors import ApiError

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


# What Claude Code asks for again whatever else it is told.
_AGAIN = "overloaded_error"

_DETAILED = frozenset({"thread_not_found"})
"""Codes by which the SDK knows what to do."""

_TOO_LONG = "prompt is too long"
"""The words on which Claude Code shortens a conversation."""


def error_body(error: ApiError) -> bytes:
    """An error in place of an answer. `code` and `param`, for which Anthropic has no field, are ours."""
    return msgspec.json.encode(_object(error))


def error_event(error: ApiError) -> bytes:
    """The event that ends a stream which broke."""
    return b"event: error\ndata: " + msgspec.json.encode(_object(error)) + b"\n\n"


def _object(error: ApiError) -> dict[str, object]:
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    if error.final and kind == _AGAIN:
        kind = "api_error"
    message = error.message
    if error.code == "context_length_exceeded" and _TOO_LONG not in message:
        message = f"{_TOO_LONG}: {message}"
    said: dict[str, object] = {"type": kind, "message": message}
    said |= {name: value for name, value in (("code", error.code), ("param", error.param)) if value is not None}
    if error.code in _DETAILED:
        said["details"] = {"error_code": error.code}
    return {"type": "error", "error": said, "request_id": error.request_id}
