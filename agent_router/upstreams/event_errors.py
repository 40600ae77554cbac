"""What an error means that comes in place of an answer with status 200: the same as the status that it should have had.

Sources: OpenAI's API reference, "The response object" (`error`) and "Error codes"; Anthropic's reference, "Errors".
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from agent_router.upstreams.error_body import TOO_LONG, known_code
from agent_router.upstreams.reader import ErrorEventError
from agent_router.upstreams.reply import FaultKind, UpstreamFault
from agent_router.upstreams.statuses import redact
from agent_router.wire.loose import mapping, string

_STATUSES = {
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
    "unknown_parameter": 400,
    "empty_image_file": 400,
    "failed_to_download_image": 400,
    "previous_response_not_found": 400,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "unauthenticated": 401,
    "billing_error": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "not_found": 404,
    "request_too_large": 413,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "rate_limited": 429,
    "too_many_requests": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "internal": 500,
    "api_error": 500,
    "vector_store_timeout": 500,
    "service_unavailable": 503,
    "unavailable": 503,
    "slow_down": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_REQUEST = re.compile(r"(?:invalid|unsupported|missing|image|context|string|array|integer|decimal)_\w+")
_KINDS: dict[int, FaultKind] = {401: "refused", 402: "refused", 403: "refused", 429: "rate_limited"}
_LONGEST = 64  # of a word that is passed on


def error_in(error: Any, *, code: Any = None, message: Any = None) -> ErrorEventError:
    """An error object of any dialect, or what stands in its place; `code` and `message` where they are beside it."""
    fields = mapping(error)
    words = [_word(each) for each in (fields.get("code"), code, fields.get("type"))]
    said = string(fields.get("message")) or string(error) or string(message)
    return ErrorEventError(*[word for word in words if word] or ["error"], message=said)


def _word(value: Any) -> str:
    number = isinstance(value, int) and not isinstance(value, bool)
    return (str(value) if number else string(value))[:_LONGEST]


def status_of(error: ErrorEventError) -> int | None:
    """The status that it should have had; None if its words say nothing."""
    for word in map(str.lower, error.words):
        if word in _STATUSES:
            return _STATUSES[word]
        if _REQUEST.fullmatch(word):
            return 400
        if word.isdecimal() and 400 <= int(word[:9]) < 600:
            return int(word)
    return None


def event_fault(name: str, error: ErrorEventError, *, key: str | None) -> UpstreamFault:
    """The fault of the upstream `name`, in its own words, without the key that we sent."""
    status = status_of(error)
    said = redact(error.message.encode("utf-8", "replace"), key).decode("utf-8", "replace")
    word = error.words[0] if error.words[0] != "error" else None
    known = known_code(msgspec.json.encode({"error": {"code": word, "message": said}}))
    if status is None and known == TOO_LONG:
        status = 400
    if status is None or status >= 500:
        kind: FaultKind = "garbled" if status is None else "status"
        what = f"Upstream {name} sent an error in place of an answer"
        return UpstreamFault(kind, f"{what}: {said or word}" if said or word else f"{what}.", code=word)
    kind = _KINDS.get(status, "rejected")
    if "insufficient_quota" in error.words:  # lasts until somebody pays
        kind = "refused"
    said = said or f"Upstream {name} refused the request ({word}) without saying why."
    return UpstreamFault(kind, said, status=status, code=(known if status == 400 else None) or word)
