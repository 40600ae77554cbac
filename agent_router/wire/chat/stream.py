"""Events become server-sent events in OpenAI's chat dialect."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import Event, ReasoningDelta, Signals, Stop, TextDelta, ToolCallDelta, Usage
from agent_router.errors import ApiError
from agent_router.wire.chat.render import error_body, logprob_object, usage_object

CONTENT_TYPE = b"text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"


def error_event(error: ApiError) -> bytes:
    """The event that ends a stream which broke after bytes were released."""
    return b"data: " + error_body(error) + b"\n\n"


class ChunkStream:
    """Renders events as `chat.completion.chunk` objects. Every call returns whole SSE events, or nothing."""

    def __init__(self, id: str, model: str, created: int, *, include_usage: bool) -> None:
        self._head = {"id": id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._include_usage = include_usage
        self._begun = False
        self._usage: Usage | None = None

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        chunk: dict[str, Any] = {**self._head, "choices": choices, "system_fingerprint": None}
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

    def add(self, event: Event) -> bytes:
        """The SSE events for one more event; empty for usage, which comes at the end."""
        match event:
            case TextDelta():
                logprobs = None
                if event.logprobs:
                    logprobs = {"content": [logprob_object(token) for token in event.logprobs], "refusal": None}
                return self._delta({"content": event.text}, logprobs=logprobs)
            case ReasoningDelta():
                return self._delta({"reasoning_content": event.text})
            case ToolCallDelta():
                call: dict[str, Any] = {"index": event.index, "function": {"arguments": event.arguments}}
                if event.id is not None:
                    call = {"index": event.index, "id": event.id, "type": "function", "function": call["function"]}
                    call["function"] = {"name": event.name, "arguments": event.arguments}
                return self._delta({"tool_calls": [call]})
            case Stop():
                return self._delta({}, reason=event.reason)
            case Usage():
                self._usage = event
                return b""
            case Signals():
                return b""  # for the router

    def end(self) -> bytes:
        """The usage chunk, if it was asked for, and `[DONE]`."""
        if self._include_usage and self._usage is not None:
            return self._chunk([], usage_object(self._usage)) + DONE
        return DONE
