"""Anthropic's answer, streamed or whole, becomes events. Source: its reference, "Streaming Messages"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent_models.completion import Event, ReasoningDelta, Stop, StopReason, TextDelta, ToolCallDelta, Usage
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import ErrorEventError

REASONS: dict[str, StopReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Block(msgspec.Struct):
    """A content block: text, thinking, tool_use, or one that the chat dialect has no place for."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    citations: Any = None


class Delta(msgspec.Struct):
    """A part of a content block, or of the message."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Message(msgspec.Struct):
    """A whole message, or the beginning of one."""

    type: str | None = None
    id: Any = None
    model: str | None = None
    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Any = None
    error: Any = None

    @property
    def answer_id(self) -> str | None:
        """The id, where it is one."""
        return self.id if isinstance(self.id, str) else None


class StreamEvent(msgspec.Struct):
    """Any of the stream's events."""

    type: str | None = None
    index: int = 0
    message: Message | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: Any = None
    error: Any = None


_event = msgspec.json.Decoder(StreamEvent)
_message = msgspec.json.Decoder(Message)


class _Call:
    """A tool call in the making: its number among the calls, and the input that its block began with."""

    def __init__(self, number: int, given: Any) -> None:
        self.number = number
        self.given = given
        self.begun = False


class AnswerReader:
    """Reads events, keeping what spans them: the usage, which comes in two parts, and which block is which call.

    `finished` once the answer has said why it stopped, `ended` once the stream has said so.
    """

    def __init__(self) -> None:
        self.id: str | None = None
        self.model: str | None = None
        self.finished = False
        self.ended = False
        self._counts: dict[str, int] = {}
        self._calls: dict[int, _Call] = {}  # by block index; those whose input is not complete
        self._numbers = 0
        self._spoken: int | None = None  # the block that spoke last, and the one that thought last
        self._thought: int | None = None
        self._cited: set[int] = set()

    @property
    def usage(self) -> Usage | None:
        """What has been counted so far; None before both sides were."""
        counts = self._counts
        if "input_tokens" not in counts or "output_tokens" not in counts:
            return None
        return Usage(
            input=counts["input_tokens"],
            output=counts["output_tokens"],
            cache_read=counts.get("cache_read_input_tokens", 0),
            cache_write=counts.get("cache_creation_input_tokens", 0),
            reasoning=min(counts.get("thinking_tokens", 0), counts["output_tokens"]),
            cache_write_1h=min(
                counts.get("ephemeral_1h_input_tokens", 0), counts.get("cache_creation_input_tokens", 0)
            ),
        )

    def read(self, data: bytes) -> Iterator[Event]:
        """The events in one SSE event's data. ErrorEventError for `error`; msgspec.DecodeError for no such JSON."""
        event = sloppy_json.decode(_event, data)
        match event.type:
            case "message_start" if event.message is not None:
                self.id, self.model = event.message.answer_id, event.message.model
                self._count(event.message.usage)
            case "content_block_start" if event.content_block is not None:
                yield from self._begin(event.index, event.content_block)
            case "content_block_delta" if event.delta is not None:
                yield from self._delta(event.index, event.delta)
            case "content_block_stop":
                yield from self._complete(event.index)
            case "message_delta":
                self._count(event.usage)
                reason = event.delta.stop_reason if event.delta else None
                if reason and not self.finished:
                    for index in list(self._calls):
                        yield from self._complete(index)
                    self.finished = True
                    yield Stop(REASONS.get(reason, "stop"), event.delta.stop_sequence if event.delta else None)
            case "message_stop":
                self.ended = True
            case "error":
                raise error_in(event.error)

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """The events of an answer that was not streamed; msgspec.DecodeError if it is no message."""
        message = sloppy_json.decode(_message, data)
        if message.type == "error":
            raise error_in(message.error)
        if message.content is None:
            raise msgspec.DecodeError("no message")
        self.id, self.model = message.answer_id, message.model
        self._count(message.usage)
        for index, block in enumerate(message.content):
            yield from self._begin(index, block)
            yield from self._complete(index)
        self.finished = self.ended = True
        yield Stop(REASONS.get(message.stop_reason or "", "stop"), message.stop_sequence)

    def _begin(self, index: int, block: Block) -> Iterator[Event]:
        match block.type:
            case "text":
                if block.citations is not None:
                    self._cited.add(index)
                yield from self._say(index, block.text)
            case "thinking":
                yield from self._think(index, block.thinking)
            case "tool_use":
                if not block.name:
                    raise ErrorEventError("a tool call without a name")
                number, self._numbers = self._numbers, self._numbers + 1
                # Streamed, the input is an empty object here and its JSON follows in deltas; but where it really
                # is empty, none follows, and no arguments at all would be no JSON.
                self._calls[index] = _Call(number, block.input)
                yield ToolCallDelta(number, id=block.id or f"call_{number}", name=block.name)

    def _delta(self, index: int, delta: Delta) -> Iterator[Event]:
        match delta.type:
            case "text_delta":
                yield from self._say(index, delta.text)
            case "thinking_delta":
                yield from self._think(index, delta.thinking)
            case "input_json_delta" if delta.partial_json:
                call = self._calls.get(index)
                if call is not None:
                    call.begun = True
                    yield ToolCallDelta(call.number, delta.partial_json)

    def _say(self, index: int, text: str | None) -> Iterator[Event]:
        """Text of a block: other dialects have one text, in which a blank line stands between two blocks, but not where
        one sentence is cut into several by what it cites."""
        if text:
            if self._spoken not in (None, index) and not self._cited & {self._spoken, index}:
                yield TextDelta("\n\n")
            self._spoken = index
            yield TextDelta(text)

    def _think(self, index: int, text: str | None) -> Iterator[Event]:
        if text:
            between = "" if self._thought in (None, index) else "\n\n"
            self._thought = index
            yield ReasoningDelta(between + text)

    def _complete(self, index: int) -> Iterator[Event]:
        call = self._calls.pop(index, None)
        if call is not None and not call.begun:
            yield ToolCallDelta(call.number, msgspec.json.encode(call.given or {}).decode())

    def _count(self, usage: Any) -> None:
        # The counts of later events are totals, not additions; some servers repeat a count as 0.
        if not isinstance(usage, dict):
            return
        for counts in (usage, usage.get("output_tokens_details"), usage.get("cache_creation")):
            if not isinstance(counts, dict):
                continue
            for name, value in counts.items():
                if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**48:
                    self._counts[name] = max(value, self._counts.get(name, 0))
