"""What an error within an answer tells its caller: to wait, to come back later, or to shorten the conversation."""

from __future__ import annotations

from agent_router.upstreams.error_body import TOO_LONG

_MEANINGS = {
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "resource_exhausted", "429"), "rate_limit_exceeded"),
    **dict.fromkeys(
        ("overloaded_error", "server_is_overloaded", "slow_down", "unavailable", "503", "529"), "server_is_overloaded"
    ),
    TOO_LONG: TOO_LONG,
}
_STATUSES = {"rate_limit_exceeded": 429, "server_is_overloaded": 503, TOO_LONG: 400}


def meaning(*words: str) -> tuple[int, str | None]:
    """The status that says the same as one of an error's words, and OpenAI's code for it; 502 and None where they say
    only that something broke."""
    code = next((_MEANINGS[word.lower()] for word in words if word.lower() in _MEANINGS), None)
    return (502, None) if code is None else (_STATUSES[code], code)
