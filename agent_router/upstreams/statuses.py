"""What an upstream's HTTP status means for the next attempt."""

from __future__ import annotations

import msgspec

from agent_router.upstreams.reply import UpstreamFault

# The request itself is at fault: another upstream would refuse it as well, so the caller is told.
CALLERS_FAULT = frozenset({400, 404, 405, 409, 413, 414, 415, 422})


def fault(
    name: str, status: int, body: bytes, *, key: str | None, retry_after: float | None, key_source: str
) -> UpstreamFault:
    """The fault behind a status that is not the caller's. `body` is passed on where it is a JSON error."""
    error = body if _is_error_object(body) else None
    error = redact(error, key) if error is not None else None
    if status in (401, 403):
        return UpstreamFault(
            "refused", f"Upstream {name} refused its API key ({key_source}).", status=status, body=error
        )
    if status == 429:
        return UpstreamFault(
            "rate_limited",
            f"Upstream {name} is limiting its rate.",
            status=429,
            retry_after=retry_after,
            body=error,
        )
    if 300 <= status < 400:
        return UpstreamFault("garbled", f"Upstream {name} answered with a redirect, which is not followed.", status=502)
    if status == 402:
        return UpstreamFault("refused", f"Upstream {name} wants to be paid first (402).", status=402, body=error)
    if 400 <= status < 500 and status != 408:
        return UpstreamFault("refused", f"Upstream {name} answered {status}.", status=status, body=error)
    return UpstreamFault("status", f"Upstream {name} answered {status}.", retry_after=retry_after)


def redact(body: bytes, key: str | None) -> bytes:
    """The body without the key that we sent: some servers repeat it in their errors."""
    return body.replace(key.encode(), b"[key]") if key else body


def message_of(body: bytes) -> str | None:
    """The sentence in an error body of OpenAI's or Anthropic's shape."""
    try:
        error = msgspec.json.decode(body)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError, RecursionError):
        return None


def _is_error_object(body: bytes) -> bool:
    return message_of(body) is not None
