"""Why an answer in OpenAI's chat dialect ended, in the words of all the servers that speak it."""

from __future__ import annotations

from typing import Any

from agent_models.completion import StopReason
from agent_router.upstreams.reader import ErrorEventError

_REASONS: dict[str, StopReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",  # Mistral: the context is full
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
_FILTERED = frozenset(
    [
        *("content_filter", "safety", "recitation", "language", "blocklist"),
        *("prohibited_content", "spii", "image_safety", "sensitive"),
    ]
)
# It did not end but broke: OpenRouter, DeepSeek, vLLM and SGLang, GLM, Gemini.
_BROKEN = frozenset(["error", "insufficient_system_resource", "abort", "network_error", "malformed_function_call"])


def _word(told: Any) -> str:
    """Some write it large, and Google puts its own word behind OpenAI's."""
    return told.lower().partition(":")[0].strip() if isinstance(told, str) else ""


def is_broken(told: Any) -> bool:
    """Whether a `finish_reason` says that the answer broke off."""
    return _word(told) in _BROKEN


def stop_reason(told: Any) -> StopReason:
    """The reason in our words; ErrorEventError where the answer broke. What nobody knows is taken for an end."""
    word = _word(told)
    if word in _BROKEN:
        raise ErrorEventError(word)
    return "content_filter" if word in _FILTERED else _REASONS.get(word, "stop")
