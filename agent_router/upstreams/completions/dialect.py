"""OpenAI's legacy completions, as upstreams speak them: only passed through, never translated into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent_models.completion import CompletionRequest, Event, Stop, TextDelta, Usage
from agent_router.errors import ApiError
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.chat.chunk import Chunk, model_of, usage_of
from agent_router.upstreams.chat.finish_reason import stop_reason
from agent_router.upstreams.chat.observer import DONE, ChatObserver
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import Dialect
from agent_router.upstreams.reply import Observed
from agent_router.wire.loose import string


class Choice(msgspec.Struct):
    """One of `choices`, streamed or whole."""

    text: Any = None
    finish_reason: Any = None


class TextCompletion(msgspec.Struct):
    """A `text_completion`, whole or a piece of one."""

    model: Any = None
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(TextCompletion)


def _read(data: bytes) -> TextCompletion:
    found = sloppy_json.decode(_decoder, data)
    if found.error is not None:
        raise error_in(found.error)
    if found.choices is None or not all(isinstance(choice.text, str) for choice in found.choices):
        raise msgspec.DecodeError("no text completion")
    return found


class CompletionsReader:
    """See `Reader`. Only the first choice is read."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.finished = False
        self.ended = False
        self.usage: Usage | None = None

    def read(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        if data.strip() == DONE:
            self.ended = True
            return
        found = _read(data)
        told = Chunk(model=found.model, usage=found.usage)
        self.model, self.usage = self.model or model_of(told), usage_of(told) or self.usage
        for choice in (found.choices or [])[:1]:
            if text := string(choice.text):
                yield TextDelta(text)
            if choice.finish_reason is not None and not self.finished:
                self.finished = True
                yield Stop(stop_reason(choice.finish_reason))

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        if not _read(data).choices:
            raise msgspec.DecodeError("no text completion")
        yield from self.read(data)
        self.ended = True


class CompletionsObserver(ChatObserver):
    """A stream of text completions, which ends as one of chat completions does."""

    def begins(self, data: bytes) -> bool:
        """See `Observer`."""
        if data.strip() == DONE:
            return super().begins(data)
        found = _read(data)
        self._see(found)
        return any(string(choice.text) or choice.finish_reason is not None for choice in found.choices or ())

    def _see(self, found: TextCompletion) -> None:
        self.observed.model = self.observed.model or model_of(Chunk(model=found.model))


def observe(body: bytes) -> Observed:
    """What a whole answer says."""
    found = _read(body)
    if not found.choices:
        raise msgspec.DecodeError("no text completion")
    told = Chunk(model=found.model, usage=found.usage)
    return Observed(model_of(told), usage_of(told))


def _body(request: CompletionRequest, model: str, stream: bool) -> dict[str, Any]:
    raise ApiError(400, "Nothing is translated into legacy completions.", code="unsupported_parameter")


COMPLETIONS = Dialect("completions", "/completions", _body, CompletionsReader, CompletionsObserver, observe)
