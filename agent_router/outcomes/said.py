"""What an answer said, free of any dialect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from agent_models.completion import Event, Stop, TextDelta, ToolCallDelta
from agent_router.upstreams.chat_chunk import read_chunk
from agent_router.upstreams.event_boundary import data_of


class Said(NamedTuple):
    """`calls`: (name, arguments as JSON text) of each tool call; `stop` why it ended, if that was said."""

    text: str
    calls: tuple[tuple[str, str], ...] = ()
    stop: str | None = None


def said_in_events(events: Iterable[Event]) -> Said:
    """What events say."""
    text: list[str] = []
    calls: dict[int, list[str]] = {}
    stop: str | None = None
    for event in events:
        match event:
            case TextDelta():
                text.append(event.text)
            case ToolCallDelta():
                call = calls.setdefault(event.index, ["", ""])
                call[0] = event.name or call[0]
                call[1] += event.arguments
            case Stop():
                stop = event.reason
    return Said("".join(text), tuple((calls[index][0], calls[index][1]) for index in sorted(calls)), stop)


def said_in_body(body: bytes) -> Said | None:
    """What a whole answer in the chat dialect says; None if it is none."""
    chunk = read_chunk(body)
    if chunk is None or not chunk.choices:
        return None
    message = chunk.choices[0].message
    if not isinstance(message, dict):
        return None
    calls = [_call(call) for call in message.get("tool_calls") or () if isinstance(call, dict)]
    return Said(_text(message.get("content")), tuple(calls), _word(chunk.choices[0].finish_reason))


def said_in_stream(stream: bytes) -> Said | None:
    """What a whole stream in the chat dialect says; None if it is none, or says that it failed."""
    text: list[str] = []
    calls: dict[Any, list[str]] = {}
    stop: str | None = None
    found = False
    for data in data_of(stream):
        chunk = read_chunk(data)
        if chunk is None:
            continue
        if chunk.error is not None:
            return None
        for choice in (chunk.choices or ())[:1]:
            found = True
            stop = _word(choice.finish_reason) or stop
            delta = choice.delta if isinstance(choice.delta, dict) else {}
            text.append(_text(delta.get("content")))
            for call in delta.get("tool_calls") or ():
                if isinstance(call, dict):
                    known = calls.setdefault(call.get("index", call.get("id")), ["", ""])
                    name, arguments = _call(call)
                    known[0] = name or known[0]
                    known[1] += arguments
    return Said("".join(text), tuple((name, arguments) for name, arguments in calls.values()), stop) if found else None


def _call(call: dict[str, Any]) -> tuple[str, str]:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    return _text(function.get("name")), _text(function.get("arguments"))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None
