"""What the body of a refusal says, whatever server wrote it.

OpenAI, Anthropic and Google have an object `error` (Google's endpoint for OpenAI's clients puts it into an array); vLLM
and Mistral may tell its fields at the top, others only a sentence; FastAPI's servers say `detail`, and OpenRouter wraps
what its provider said.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from agent_router.wire.loose import mapping, sequence, string

TOO_LONG = "context_length_exceeded"
"""The code on which OpenAI's clients shorten a conversation."""
_KNOWN = frozenset(
    [
        TOO_LONG,
        *("content_filter", "content_policy_violation", "invalid_prompt", "model_not_found", "insufficient_quota"),
        *("string_above_max_length", "array_above_max_length", "invalid_function_parameters", "invalid_json_schema"),
        *("unsupported_parameter", "unsupported_value", "invalid_image_url", "image_too_large", "invalid_base64"),
        *("previous_response_not_found", "unsupported_country_region_territory"),
    ]
)
_SAYS_TOO_LONG = re.compile(
    r"prompt (?:is )?too long|input is too long|maximum context length|context[_ ]length[_ ]exceeded"
    r"|exceeds? (?:the |this model's )?(?:available |maximum |max )?context (?:size|window|limit|length)"
    r"|exceed_context_size|exceed context limit|input token count.{0,40}exceeds",
    re.IGNORECASE,
)
_BOUND_TOO_HIGH = re.compile(r"max_(?:\w+_)?tokens\W{1,3}(?:or \W?\w+\W{1,3})?is too large", re.IGNORECASE)
_MOST_WORDS = 3  # of a list of complaints


def message_of(body: bytes | str) -> str | None:
    """The sentence in it; None if there is none."""
    told = _decoded(body)
    error = told.get("error")
    if isinstance(error, str):
        return error or None
    if (message := mapping(error).get("message")) is not None:
        raw = string(mapping(mapping(error).get("metadata")).get("raw"))
        return f"{message} ({message_of(raw) or raw[:300]})" if raw else str(message)
    message = told.get("message")
    return string(message) or _detail(mapping(message).get("detail")) or _detail(told.get("detail"))


def reworded(body: bytes, said: str) -> bytes:
    """An error object that says so in the first place, and only then in its own words."""
    told = _decoded(body)
    error = told.get("error")
    if not isinstance(error, dict) or body.lstrip().startswith(b"["):
        return body
    own = message_of(body)
    message = said if not own or own in said else f"{said} ({own[:300]})"
    return msgspec.json.encode({**told, "error": {**error, "message": message}})


def code_of(body: bytes) -> str | None:
    """The short word in it; None if there is none."""
    told = _decoded(body)
    error = mapping(told.get("error")) or (told if "message" in told else {})
    code = error.get("code") or error.get("type")
    return str(code) if code is not None else None


def known_code(body: bytes) -> str | None:
    """The code by which OpenAI's clients know what to do, also where the server said it in other words."""
    code, said = code_of(body) or "", message_of(body) or ""
    if code in _KNOWN:
        return code
    too_long = _SAYS_TOO_LONG.search(f"{code} {said}") and not _BOUND_TOO_HIGH.search(said)
    return TOO_LONG if too_long else None


def has_openais_shape(body: bytes) -> bool:
    """Whether OpenAI's and Anthropic's clients find the error in it."""
    return bool(body.lstrip().startswith(b"{") and _decoded(body).get("error"))


def _detail(detail: Any) -> str | None:
    if isinstance(detail, list):
        complaints = [_complaint(mapping(each)) for each in detail[:_MOST_WORDS]]
        return "; ".join(filter(None, complaints)) or None
    return string(detail) or string(mapping(detail).get("message")) or None


def _complaint(told: dict[str, Any]) -> str:
    place = ".".join(str(step) for step in sequence(told.get("loc")))
    return ": ".join(filter(None, (place, string(told.get("msg")))))


def _decoded(body: bytes | str) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return mapping(decoded[0] if isinstance(decoded, list) and decoded else decoded)
