"""What an upstream's HTTP status means for the next attempt."""

from __future__ import annotations

import re

from agent_router.upstreams.error_body import TOO_LONG, code_of, has_openais_shape, known_code, message_of
from agent_router.upstreams.reply import UpstreamFault

# The request itself is at fault: another upstream would refuse it as well, so the caller is told.
CALLERS_FAULT = frozenset({400, 404, 405, 409, 413, 414, 415, 422})
# In a 403: that it is the key, or what it may do, that is not good enough.
_OF_THE_KEY = re.compile(r"\bkeys?\b|\bauth(?:en|ori[sz]|\b)|unauthori|permission|credential", re.IGNORECASE)


def fault(
    name: str, status: int, body: bytes, *, key: str | None, retry_after: float | None, key_source: str
) -> UpstreamFault:
    """The fault behind a status that is an error. `body` is passed on where it is a JSON error, without the key."""
    body = redact(body, key)
    said = message_of(body)
    error = body if said is not None and has_openais_shape(body) else None
    if status in CALLERS_FAULT:
        code = known_code(body)
        said = said or f"Upstream {name} refused the request ({status}) without saying why."
        return UpstreamFault("rejected", said, status=400 if code == TOO_LONG else status, body=error, code=code)
    if status == 403 and body.strip() and not _OF_THE_KEY.search(f"{said} {code_of(body)}"):
        # The request may be at fault, or where it comes from; another upstream may still take it.
        said = said or f"Upstream {name} refused the request (403) without saying why."
        return UpstreamFault("refused", said, status=403, body=error, code=known_code(body))
    if status in (401, 403):
        said = f"Upstream {name} refused its API key ({key_source}): correct it and restart agent-router."
        return UpstreamFault("refused", said, status=status, body=error)
    if status == 402:
        return UpstreamFault("refused", f"Upstream {name} wants to be paid first (402).", status=402, body=error)
    if status == 429 and code_of(body) == "insufficient_quota":  # lasts until somebody pays
        said = f"Upstream {name} wants to be paid first (insufficient_quota)."
        return UpstreamFault("refused", said, status=429, retry_after=retry_after, body=error, code=code_of(body))
    if status == 429:
        said = f"Upstream {name} is limiting its rate."
        return UpstreamFault("rate_limited", said, status=429, retry_after=retry_after, body=error)
    if 300 <= status < 400:
        return UpstreamFault("garbled", f"Upstream {name} answered with a redirect, which is not followed.")
    if 400 <= status < 500 and status not in (408, 425):
        said = said or f"Upstream {name} answered {status}."
        return UpstreamFault("refused", said, status=status, body=error)
    return UpstreamFault("status", f"Upstream {name} answered {status}.", retry_after=retry_after)


def redact(body: bytes, key: str | None) -> bytes:
    """The body without the key that we sent: some servers repeat it in their errors."""
    return body.replace(key.encode(), b"[key]") if key else body
