"""Errors in Google's shape. Source: Google's API design guide, "Errors" (AIP-193)."""

from __future__ import annotations

import msgspec

from agent_router.errors import ApiError

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
    if error.code is not None:
        told = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.code, "domain": "agent-router"}
        said["details"] = [told]
    return msgspec.json.encode({"error": said})
