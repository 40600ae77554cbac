"""An answer in OpenAI's chat dialect, streamed or whole, becomes events.

Source: OpenAI's API reference, "The chat completion chunk object"; what other servers leave out of it is made up for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    TopLogprob,
    Usage,
)
from agent_router.upstreams.chat.chunk import Choice, Chunk, model_of, read_chunk, usage_of
from agent_router.upstreams.chat.finish_reason import stop_reason
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import ErrorEventError
from agent_router.wire.loose import mapping, sequence, string

DONE = b"[DONE]"


class _Call:
    """A call in the making: `held` are its arguments as long as it has no name."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = self.name = self.held = ""
        self.custom = False


class ChatReader:
    """See `Reader`. `noted` is told the id of each call, and the call as it came."""

    def __init__(self, noted: Callable[[str, dict[str, Any]], None] | None = None) -> None:
        self._noted = noted
        self.model: str | None = None
        self.finished = False
        self.ended = False
        self.usage: Usage | None = None
        self._calls: dict[Any, _Call] = {}  # by what the server tells them apart
        self._last: Any = None

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
            yield from self._said(choice, mapping(choice.delta))
            if choice.finish_reason is not None and not self.finished:
                yield self._stop(choice)

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        choices = self._seen(data)
        if not choices or not isinstance(choices[0].message, dict):
            raise msgspec.DecodeError("no message")
        yield from self._said(choices[0], choices[0].message, whole=True)
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
        reason = stop_reason(choice.finish_reason) if choice is not None else "stop"
        self.finished = True
        if any(not call.name and (call.id or call.held) for call in self._calls.values()):
            raise ErrorEventError("a tool call without a name")
        # Some servers say `stop` behind a call, which would not be made then.
        reason = "tool_calls" if reason == "stop" and any(call.name for call in self._calls.values()) else reason
        sequence = choice.stop_reason if choice is not None else None  # vLLM says which stop sequence it was
        return Stop(reason, sequence if isinstance(sequence, str) else None)

    def _said(self, choice: Choice, message: dict[str, Any], *, whole: bool = False) -> Iterator[Event]:
        thought = string(message.get("reasoning_content")) or string(message.get("reasoning"))
        if thought:
            yield ReasoningDelta(thought)
        content = message.get("content")
        # Mistral tells thoughts as parts of the content.
        for part in map(mapping, sequence(content)):
            if thought := _thought(part):
                yield ReasoningDelta(thought)
        text = string(content) or "".join(string(mapping(part).get("text")) for part in sequence(content))
        logprobs = tuple(token_logprob(mapping(each)) for each in sequence(mapping(choice.logprobs).get("content")))
        if text or logprobs:
            yield TextDelta(text, logprobs)
        if refusal := string(message.get("refusal")):
            yield RefusalDelta(refusal)
        for position, call in enumerate(map(mapping, sequence(message.get("tool_calls")))):
            for event in self._call(call, position if whole else None):
                if self._noted is not None and isinstance(event, ToolCallDelta) and event.id is not None:
                    self._noted(event.id, call)
                yield event
        if old := mapping(message.get("function_call")):
            yield from self._call({"function": old}, -1 if whole else None)

    def _call(self, call: dict[str, Any], position: int | None) -> Iterator[Event]:
        custom = "custom" in call
        told = mapping(call.get("custom" if custom else "function"))
        text = told.get("input" if custom else "arguments")
        # Some give the arguments as an object.
        arguments = text if isinstance(text, str) else "" if text is None else msgspec.json.encode(text).decode()
        name, id = string(told.get("name")), string(call.get("id"))
        found = self._which(call.get("index"), id, name, position)
        begun = bool(found.name)
        found.name, found.id, found.custom = found.name or name, found.id or id, found.custom or custom
        if begun:
            if arguments:
                yield ToolCallDelta(found.number, arguments)
            return
        found.held += arguments
        if found.name:  # which some tell only behind the id
            # An id must differ from those of other calls, and of other turns as well.
            if not found.id or any(found.id == each.id for each in self._calls.values() if each is not found):
                found.id = f"call_{secrets.token_hex(12)}"
            yield ToolCallDelta(found.number, found.held, id=found.id, name=found.name, custom=found.custom)

    def _which(self, index: Any, id: str, name: str, position: int | None) -> _Call:
        """The call that is meant. In a whole answer (`position`) each is one of its own."""
        key: Any = index if isinstance(index, int) else id or None
        if position is not None:
            key = ("whole", position)
        elif key is None:  # neither: one that has a name is a new one, else more of the last
            key = ("unnumbered", len(self._calls)) if name or self._last is None else self._last
        before = self._calls.get(key)
        if before is not None and id and name and before.id and before.name and id != before.id:
            # Some number all calls alike, and mean a new one by a new id.
            self._calls["before", len(self._calls)] = self._calls.pop(key)
        self._last = key
        return self._calls.setdefault(key, _Call(len(self._calls)))


def _thought(part: dict[str, Any]) -> str:
    told = part.get("thinking") if part.get("type") == "thinking" else None
    return string(told) or "".join(string(mapping(each).get("text")) for each in sequence(told))


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
