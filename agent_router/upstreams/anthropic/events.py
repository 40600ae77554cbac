"""Anthropic's answer, streamed or whole, becomes events. Source: its reference, "Streaming Messages"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent_models.completion import Event, ReasoningDelta, Stop, StopReason, TextDelta, ToolCallDelta, Usage

REASONS: dict[str, StopReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicErrorEvent(Exception):
    """An `error` event in the stream."""


class AnswerReader:
    """Reads events, keeping what spans them: the usage, which comes in two parts, and which block is which call."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.finished = False
        self._counts: dict[str, int] = {}
        self._calls: dict[int, int] = {}  # block index → tool call index

    @property
    def usage(self) -> Usage | None:
        """What has been counted so far; None if nothing was."""
        counts = self._counts
        if "input_tokens" not in counts and "output_tokens" not in counts:
            return None
        return Usage(
            input=counts.get("input_tokens", 0),
            output=counts.get("output_tokens", 0),
            cache_read=counts.get("cache_read_input_tokens", 0),
            cache_write=counts.get("cache_creation_input_tokens", 0),
        )

    def read(self, data: bytes) -> Iterator[Event]:
        """The events in one SSE event's data. AnthropicErrorEvent for `error`; msgspec.DecodeError for no JSON."""
        event = msgspec.json.decode(data)
        if not isinstance(event, dict):
            return
        match event.get("type"):
            case "message_start":
                message = event.get("message") or {}
                self.model = message.get("model")
                self._count(message.get("usage"))
            case "content_block_start":
                yield from self._block(event.get("index", 0), event.get("content_block") or {}, whole=False)
            case "content_block_delta":
                yield from self._delta(event.get("index", 0), event.get("delta") or {})
            case "message_delta":
                self._count(event.get("usage"))
                reason = (event.get("delta") or {}).get("stop_reason")
                if reason:
                    self.finished = True
                    yield Stop(REASONS.get(reason, "stop"))
            case "error":
                raise AnthropicErrorEvent(str((event.get("error") or {}).get("type", "error")))

    def read_whole(self, message: dict[str, Any]) -> Iterator[Event]:
        """The events of an answer that was not streamed."""
        self.model = message.get("model")
        self._count(message.get("usage"))
        for index, block in enumerate(message.get("content") or ()):
            yield from self._block(index, block, whole=True)
        self.finished = True
        yield Stop(REASONS.get(message.get("stop_reason") or "", "stop"))

    def _block(self, index: int, block: dict[str, Any], *, whole: bool) -> Iterator[Event]:
        match block.get("type"):
            case "text" if block.get("text"):
                yield TextDelta(block["text"])
            case "thinking" if block.get("thinking"):
                yield ReasoningDelta(block["thinking"])
            case "tool_use":
                number = self._calls[index] = len(self._calls)
                # Streamed, the input is an empty object here and its JSON follows in deltas.
                arguments = msgspec.json.encode(block.get("input") or {}).decode() if whole else ""
                yield ToolCallDelta(number, arguments, id=block.get("id"), name=block.get("name"))

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Event]:
        match delta.get("type"):
            case "text_delta" if delta.get("text"):
                yield TextDelta(delta["text"])
            case "thinking_delta" if delta.get("thinking"):
                yield ReasoningDelta(delta["thinking"])
            case "input_json_delta" if index in self._calls and delta.get("partial_json"):
                yield ToolCallDelta(self._calls[index], delta["partial_json"])

    def _count(self, usage: Any) -> None:
        # The counts of later events are totals, not additions.
        if isinstance(usage, dict):
            self._counts |= {k: v for k, v in usage.items() if isinstance(v, int) and v >= 0}
