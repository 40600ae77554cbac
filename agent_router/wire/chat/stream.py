"""Events become server-sent events in OpenAI's chat dialect."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Signals,
    Stop,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.wire.chat.render import error_body, logprob_object, usage_object

CONTENT_TYPE = b"text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"


def error_event(error: ApiError) -> bytes:
    """The event that ends a stream which broke after bytes were released."""
    return b"data: " + error_body(error) + b"\n\n"


_PLACE = "\ue000"  # where the text goes in a chunk that is prepared
_encode = msgspec.json.encode


class ChunkStream:
    """Renders events as `chat.completion.chunk` objects; see `Stream`."""

    final: bytes | None = None

    def __init__(self, id: str, model: str, created: int, *, include_usage: bool) -> None:
        self._head = {"id": id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._include_usage = include_usage
        self._begun = False
        self._usage: Usage | None = None
        whole = self._delta({"content": _PLACE})
        self._before_text, _, self._behind_text = whole.rpartition(b"\n\ndata: ")[2].partition(_encode(_PLACE))
        self._before_text = b"data: " + self._before_text
        self._begun = False
        self._custom: set[int] = set()  # calls of custom tools

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        chunk: dict[str, Any] = {**self._head, "choices": choices}
        if self._include_usage:
            chunk["usage"] = usage  # null on every chunk but the last, as OpenAI does
        return b"data: " + msgspec.json.encode(chunk) + b"\n\n"

    def _delta(self, delta: dict[str, Any], reason: str | None = None, logprobs: Any = None) -> bytes:
        first = b""
        if not self._begun:
            self._begun = True
            start = {"role": "assistant", "content": "", "refusal": None}
            first = self._chunk([{"index": 0, "delta": start, "logprobs": None, "finish_reason": None}])
        return first + self._chunk([{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": reason}])

    def begin(self) -> bytes:
        """Nothing: the first chunk comes with the first event."""
        return b""

    def fail(self, error: ApiError) -> bytes:
        """The event that ends a stream which breaks."""
        return error_event(error)

    def add(self, event: Event) -> bytes:
        """The SSE events for one more event; empty for usage, which comes at the end."""
        match event:
            case TextDelta():
                logprobs = None
                if self._begun and not event.logprobs:  # nearly all: only the text is new
                    return self._before_text + _encode(event.text) + self._behind_text
                if event.logprobs:
                    logprobs = {"content": [logprob_object(token) for token in event.logprobs], "refusal": None}
                return self._delta({"content": event.text}, logprobs=logprobs)
            case ReasoningDelta():
                return self._delta({"reasoning_content": event.text})
            case RefusalDelta():
                return self._delta({"refusal": event.text})
            case ToolCallDelta():
                return self._delta({"tool_calls": [self._call(event)]})
            case Stop():
                return self._delta({}, reason=event.reason)
            case Usage():
                self._usage = event
                return b""
            case Signals():
                return b""  # for the router

    def _call(self, event: ToolCallDelta) -> dict[str, Any]:
        if event.custom:
            self._custom.add(event.index)
        kind, text = ("custom", "input") if event.index in self._custom else ("function", "arguments")
        if event.id is None:
            return {"index": event.index, kind: {text: event.arguments}}
        return {"index": event.index, "id": event.id, "type": kind, kind: {"name": event.name, text: event.arguments}}

    def end(self) -> bytes:
        """The usage chunk, if it was asked for, and `[DONE]`."""
        if self._include_usage and self._usage is not None:
            return self._chunk([], usage_object(self._usage)) + DONE
        return DONE
