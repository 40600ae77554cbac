"""Events become Gemini's `GenerateContentResponse`, whole or streamed. Source: Google's reference of that name."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    StopReason,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.wire.gemini.enum_answer import bare
from agent_router.wire.gemini.errors import error_body
from agent_router.wire.gemini.logprobs import Logprobs
from agent_router.wire.messages.render import call_input

REASONS: dict[StopReason, str] = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}


def usage_object(usage: Usage) -> dict[str, Any]:
    """`usageMetadata`, whose answer's count leaves thoughts out."""
    told = {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "totalTokenCount": usage.prompt + usage.output,
    }
    if usage.cache_read:
        told["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning:
        told["thoughtsTokenCount"] = usage.reasoning
    return told


class GeminiStream:
    """See `wire.Stream`. `sse`: server-sent events, else one JSON array. `thoughts`: they are wanted. `enum`: the text
    holds one of a few words (see `enum_answer`), and only that is told. Calls are told whole, as Gemini's own are."""

    final: bytes | None = None

    def __init__(self, id: str, model: str, *, sse: bool, thoughts: bool, enum: bool = False) -> None:
        self._head = {"modelVersion": model, "responseId": id}
        self._sse = sse
        self._thoughts = thoughts
        self._calls: dict[int, dict[str, Any]] = {}
        self._stop: Stop | None = None
        self._usage: Usage | None = None
        self._count = 0
        self._refused = False
        self._word: list[str] | None = [] if enum else None
        self._logprobs = Logprobs()

    def begin(self) -> bytes:
        """Nothing: what comes first comes with the first event."""
        return b""

    def add(self, event: Event) -> bytes:
        """The event for one more piece."""
        part = self.part(event)
        if part is None:
            return b""
        return self._told({"content": {"role": "model", "parts": [part]}, "index": 0, **self._logprobs.result()})

    def part(self, event: Event) -> dict[str, Any] | None:
        """The part that an event makes; None if none, or none yet."""
        if isinstance(event, TextDelta):
            self._logprobs.add(event.logprobs)
            if self._word is not None:
                self._word.append(event.text)
                return None
        match event:
            case TextDelta() | RefusalDelta() if event.text:
                self._refused = self._refused or isinstance(event, RefusalDelta)
                return {"text": event.text}
            case ReasoningDelta() if self._thoughts:
                return {"text": event.text, "thought": True}
            case ToolCallDelta():
                call = self._calls.setdefault(event.index, {"id": "", "name": "", "args": ""})
                call["id"] = event.id or call["id"]
                call["name"] = event.name or call["name"]
                call["args"] += event.arguments
            case Stop():
                self._stop = event
            case Usage():
                self._usage = event
        return None

    def rest(self) -> list[dict[str, Any]]:
        """The parts that are told last: the word that was asked for, and all calls."""
        word = [{"text": bare("".join(self._word))}] if self._word else []
        made = [{**call, "args": call_input(call["args"])} for _, call in sorted(self._calls.items())]
        return word + [{"functionCall": call} for call in made]

    def last(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        """The response with the end in it."""
        stop = self._stop.reason if self._stop else "stop"
        candidate = {
            "content": {"role": "model", "parts": parts},
            "finishReason": REASONS["content_filter" if stop == "stop" and self._refused else stop],
            "index": 0,
            **self._logprobs.average(),
            **self._logprobs.result(),
        }
        usage = {"usageMetadata": usage_object(self._usage)} if self._usage else {}
        return {"candidates": [candidate], **usage, **self._head}

    def end(self) -> bytes:
        """The calls, the reason and the tokens."""
        return self._framed(self.last(self.rest() or [{"text": ""}])) + (b"" if self._sse else b"]")

    def fail(self, error: ApiError) -> bytes:
        """The error in place of what was to come. No comment, which Gemini CLI does not bear."""
        told = error_body(error)
        return b"data: " + told + b"\n\n" if self._sse else (b",\n" if self._count else b"[") + told + b"]"

    def _told(self, candidate: dict[str, Any]) -> bytes:
        return self._framed({"candidates": [candidate], **self._head})

    def _framed(self, response: dict[str, Any]) -> bytes:
        self._count += 1
        told = msgspec.json.encode(response)
        if self._sse:
            return b"data: " + told + b"\n\n"
        return (b"[" if self._count == 1 else b",\n") + told


class Answer:
    """See `wire.Answer`."""

    def __init__(self, id: str, model: str, *, thoughts: bool, enum: bool = False) -> None:
        self._stream = GeminiStream(id, model, sse=True, thoughts=thoughts, enum=enum)
        self._parts: list[dict[str, Any]] = []

    def add(self, event: Event) -> None:
        """Take the next event."""
        part = self._stream.part(event)
        if part is None:
            return
        last = self._parts[-1] if self._parts else None
        if last is not None and last.get("thought") == part.get("thought"):
            last["text"] += part["text"]
        else:
            self._parts.append(part)

    def body(self) -> bytes:
        """The whole response."""
        return msgspec.json.encode(self._stream.last(self._parts + self._stream.rest() or [{"text": ""}]))
