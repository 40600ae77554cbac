"""An answer in OpenAI's chat dialect, streamed or whole, becomes events.

Source: OpenAI's API reference, "The chat completion chunk object"; what other servers leave out of it is made up for.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    StopReason,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    TopLogprob,
    Usage,
)
from agent_router.upstreams.chat.chunk import Choice, Chunk, model_of, read_chunk, usage_of
from agent_router.upstreams.event_errors import error_in
from agent_router.wire.loose import mapping, sequence, string

DONE = b"[DONE]"
REASONS: dict[str, StopReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class ChatReader:
    """See `Reader`."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.finished = False
        self.ended = False
        self.usage: Usage | None = None
        self._calls: dict[Any, int] = {}  # what the server tells calls apart by: our number
        self._last = -1

    def read(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        if data.strip() == DONE:
            self.ended = True
            if not self.finished:
                yield self._stop(None)
            return
        if (text := _plain_text(data)) is not None and self.model is not None:
            yield TextDelta(text)
            return
        for choice in self._seen(data):
            yield from self._said(mapping(choice.delta))
            yield from self._logprobs(choice)
            if choice.finish_reason is not None and not self.finished:
                yield self._stop(choice)

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        choices = self._seen(data)
        if not choices or not isinstance(choices[0].message, dict):
            raise msgspec.DecodeError("no message")
        yield from self._said(choices[0].message)
        yield from self._logprobs(choices[0])
        self.ended = True
        yield self._stop(choices[0])

    def _seen(self, data: bytes) -> list[Choice]:
        chunk: Chunk | None = read_chunk(data)
        if chunk is None:
            raise msgspec.DecodeError("no chunk")
        if chunk.error is not None:
            raise error_in(chunk.error)
        self.model = self.model or model_of(chunk)
        self.usage = usage_of(chunk) or self.usage
        return (chunk.choices or [])[:1]

    def _stop(self, choice: Choice | None) -> Stop:
        self.finished = True
        reason = REASONS.get(string(choice.finish_reason), "stop") if choice is not None else "stop"
        # Some servers say `stop` behind a call, which would not be made then.
        reason = "tool_calls" if reason == "stop" and self._calls else reason
        sequence = choice.stop_reason if choice is not None else None  # vLLM says which stop sequence it was
        return Stop(reason, sequence if isinstance(sequence, str) else None)

    def _said(self, message: dict[str, Any]) -> Iterator[Event]:
        thought = string(message.get("reasoning_content")) or string(message.get("reasoning"))
        if thought:
            yield ReasoningDelta(thought)
        content = message.get("content")
        text = string(content) or "".join(string(mapping(part).get("text")) for part in sequence(content))
        if text:
            yield TextDelta(text)
        if refusal := string(message.get("refusal")):
            yield RefusalDelta(refusal)
        for position, call in enumerate(map(mapping, sequence(message.get("tool_calls")))):
            yield from self._call(call, position)
        if old := mapping(message.get("function_call")):
            yield from self._call({"function": old}, 0)

    def _call(self, call: dict[str, Any], position: int) -> Iterator[Event]:
        custom = "custom" in call
        told = mapping(call.get("custom" if custom else "function"))
        name, id = string(told.get("name")), string(call.get("id"))
        text = told.get("input" if custom else "arguments")
        # Some give the arguments as an object.
        arguments = text if isinstance(text, str) else "" if text is None else msgspec.json.encode(text).decode()
        index = call.get("index")
        key: Any = index if isinstance(index, int) else id or None
        if key is None:  # neither: one that has a name is a new one, else more of the last
            key = ("unnumbered", self._last + 1) if name or self._last < 0 else None
        if key is None or key in self._calls:
            if arguments:
                yield ToolCallDelta(self._last if key is None else self._calls[key], arguments)
            return
        self._last = number = len(self._calls)
        self._calls[key] = number
        # An id must differ from those of other turns as well.
        yield ToolCallDelta(number, arguments, id=id or f"call_{secrets.token_hex(12)}", name=name, custom=custom)

    def _logprobs(self, choice: Choice) -> Iterator[Event]:
        tokens = tuple(token_logprob(mapping(each)) for each in sequence(mapping(choice.logprobs).get("content")))
        if tokens:
            yield TextDelta("", tokens)


class _PlainDelta(msgspec.Struct, forbid_unknown_fields=True):
    content: str


class _PlainChoice(msgspec.Struct, forbid_unknown_fields=True):
    delta: _PlainDelta
    index: int = 0
    finish_reason: None = None
    logprobs: None = None


class _PlainChunk(msgspec.Struct):
    choices: tuple[_PlainChoice]
    usage: None = None
    error: None = None


_plain = msgspec.json.Decoder(_PlainChunk)


def _plain_text(data: bytes) -> str | None:
    """The text of a chunk that holds nothing else, as nearly all do; None if it may hold more."""
    if b'"content":' not in data:
        return None
    try:
        return _plain.decode(data).choices[0].delta.content or None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def token_logprob(token: dict[str, Any]) -> TokenLogprob:
    """A token with its log-probability, as both of OpenAI's dialects tell it."""
    top = tuple(TopLogprob(*_spelt(mapping(each))) for each in sequence(token.get("top_logprobs")))
    return TokenLogprob(*_spelt(token), top=top)


def _spelt(token: dict[str, Any]) -> tuple[str, float, tuple[int, ...]]:
    text, logprob = string(token.get("token")), token.get("logprob")
    spelt = [byte for byte in sequence(token.get("bytes")) if isinstance(byte, int)]
    number = float(logprob) if isinstance(logprob, int | float) else -9999.0  # OpenAI's for "very unlikely"
    return text, number, tuple(spelt or text.encode("utf-8", "replace"))
