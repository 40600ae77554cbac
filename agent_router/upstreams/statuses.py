"""What an upstream's HTTP status means for the next attempt."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_router.upstreams.reply import UpstreamFault

# The request itself is at fault: another upstream would refuse it as well, so the caller is told.
CALLERS_FAULT = frozenset({400, 404, 405, 409, 413, 414, 415, 422})


def fault(
    name: str, status: int, body: bytes, *, key: str | None, retry_after: float | None, key_source: str
) -> UpstreamFault:
    """The fault behind a status that is an error. `body` is passed on where it is a JSON error, without the key."""
    body = redact(body, key)
    said = message_of(body)
    # Google's endpoint for OpenAI's clients puts its errors into an array, which those do not read.
    error = body if said is not None and body.lstrip().startswith(b"{") else None
    if status in CALLERS_FAULT:
        said = said or f"Upstream {name} refused the request ({status}) without saying why."
        return UpstreamFault("rejected", said, status=status, body=error)
    if status in (401, 403):
        said = f"Upstream {name} refused its API key ({key_source})."
        return UpstreamFault("refused", said, status=status, body=error)
    if status == 402:
        return UpstreamFault("refused", f"Upstream {name} wants to be paid first (402).", status=402, body=error)
    if status == 429 and code_of(body) == "insufficient_quota":  # lasts until somebody pays
        said = f"Upstream {name} wants to be paid first (insufficient_quota)."
        return UpstreamFault("refused", said, status=429, retry_after=retry_after, body=error)
    if status == 429:
        said = f"Upstream {name} is limiting its rate."
        return UpstreamFault("rate_limited", said, status=429, retry_after=retry_after, body=error)
    if 300 <= status < 400:
        return UpstreamFault("garbled", f"Upstream {name} answered with a redirect, which is not followed.")
    if 400 <= status < 500 and status not in (408, 425):
        return UpstreamFault("refused", f"Upstream {name} answered {status}.", status=status, body=error)
    return UpstreamFault("status", f"Upstream {name} answered {status}.", retry_after=retry_after)


def redact(body: bytes, key: str | None) -> bytes:
    """The body without the key that we sent: some servers repeat it in their errors."""
    return body.replace(key.encode(), b"[key]") if key else body


def message_of(body: bytes) -> str | None:
    """The sentence in an error body of OpenAI's, Anthropic's or Google's shape."""
    error = _error_in(body)
    message = error.get("message") if isinstance(error, dict) else error
    return str(message) if message is not None else None


def code_of(body: bytes) -> str | None:
    """The short word in an error body of OpenAI's or Google's shape."""
    error = _error_in(body)
    code = (error.get("code") or error.get("type")) if isinstance(error, dict) else None
    return str(code) if code is not None else None


def _error_in(body: bytes) -> Any:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(decoded, list) and decoded:
        decoded = decoded[0]
    return decoded.get("error") if isinstance(decoded, dict) else None
