"""Errors in Google's shape. Source: Google's API design guide, "Errors" (AIP-193)."""

from __future__ import annotations

import msgspec

from agent_router.errors import ApiError

_EXHAUSTED = "MODEL_CAPACITY_EXHAUSTED"
"""Google's reason, on which Gemini CLI asks three times in four seconds, and then tells the user; else it asks ten
times, for minutes."""
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_body(error: ApiError) -> bytes:
    """An error in place of an answer."""
    status = _STATUSES.get(error.status, "INVALID_ARGUMENT" if error.status < 500 else "INTERNAL")
    said: dict[str, object] = {"code": error.status, "message": error.message, "status": status}
    told: dict[str, object] = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "agent-router"}
    if error.final and error.status in (429, 503):
        said["details"] = [{**told, "reason": _EXHAUSTED, "metadata": {"code": error.code or ""}}]
    elif error.code is not None:
        said["details"] = [{**told, "reason": error.code}]
    return msgspec.json.encode({"error": said})
