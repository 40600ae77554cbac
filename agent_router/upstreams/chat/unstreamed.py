"""A whole answer in OpenAI's chat dialect, told as the stream that was asked for.

Some servers answer so, and some clients then ask again without end.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent_router.wire.chat.stream import DONE


def as_stream(answer: dict[str, Any], include_usage: bool) -> bytes:
    """The events: each choice whole, each choice's end, the usage if it is wanted, `[DONE]`.

    Fields that are not known here stay as they are.
    """
    choices = [choice for choice in answer.get("choices") or () if isinstance(choice, dict)]
    head = {**answer, "object": "chat.completion.chunk"}
    usage = head.pop("usage", None)
    if include_usage:
        head["usage"] = None
    events = [{**head, "choices": [_choice(choice)]} for choice in choices]
    events += [
        {**head, "choices": [{"index": choice.get("index", 0), "delta": {}, "finish_reason": _reason(choice)}]}
        for choice in choices
    ]
    if include_usage and usage is not None:
        events.append({**head, "choices": [], "usage": usage})
    return b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events) + DONE


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    delta = {"role": "assistant", **_message(choice)}
    calls = delta.get("tool_calls")
    if isinstance(calls, list):
        delta["tool_calls"] = [{"index": i, **call} for i, call in enumerate(calls) if isinstance(call, dict)]
    rest = {key: value for key, value in choice.items() if key != "message"}
    return {"index": 0, **rest, "delta": delta, "finish_reason": None}


def _message(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


def _reason(choice: dict[str, Any]) -> str:
    if choice.get("finish_reason"):
        return str(choice["finish_reason"])
    return "tool_calls" if _message(choice).get("tool_calls") else "stop"
