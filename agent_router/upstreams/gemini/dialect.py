"""Gemini's own dialect, as Google's servers speak it: only passed through, never translated into.

Other callers reach these servers in OpenAI's dialect, which they speak as well; but what only their own can say, such
as the signatures of thoughts without which newer models refuse to go on from a call, must not be lost to its clients.
Source: Google's reference, "models.streamGenerateContent".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from agent_models.completion import (
    CompletionRequest,
    Event,
    ReasoningDelta,
    Stop,
    StopReason,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.chat.chunk import count
from agent_router.upstreams.event_boundary import data_of, marked
from agent_router.upstreams.reader import Dialect, ErrorEventError
from agent_router.upstreams.reply import Observed
from agent_router.wire.gemini.errors import error_body
from agent_router.wire.loose import mapping, sequence, string

_REASONS: dict[str, StopReason] = {"STOP": "stop", "MAX_TOKENS": "length"}
_MARKS = (b'"finishReason"', b'"usageMetadata"', b'"error"', b'"modelVersion"', b'"blockReason"')
_object = msgspec.json.Decoder(dict)


def path(model: str, stream: bool) -> str:
    """The endpoint's path below the base URL."""
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/models/{quote(model, safe='')}:{method}"


def usage_of(usage: Any) -> Usage | None:
    """`usageMetadata` in four disjoint buckets; None where the counts are missing."""
    prompt = count(usage, "promptTokenCount")
    if prompt is None:
        return None
    thoughts = count(usage, "thoughtsTokenCount") or 0
    read = min(count(usage, "cachedContentTokenCount") or 0, prompt)
    return Usage(prompt - read, (count(usage, "candidatesTokenCount") or 0) + thoughts, read, 0, thoughts)


class GeminiReader:
    """See `Reader`."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.finished = False
        self.ended = False
        self.usage: Usage | None = None
        self._calls = 0

    def read(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        response = sloppy_json.decode(_object, data)
        if response.get("error") is not None:
            raise ErrorEventError(string(mapping(response["error"]).get("status")) or "error")
        self.model = string(response.get("modelVersion")) or self.model
        self.usage = usage_of(response.get("usageMetadata")) or self.usage
        for candidate in map(mapping, sequence(response.get("candidates"))[:1]):
            for part in map(mapping, sequence(mapping(candidate.get("content")).get("parts"))):
                yield from self._part(part)
            reason = string(candidate.get("finishReason"))
            if reason and not self.finished:
                self.finished = self.ended = True
                told = _REASONS.get(reason, "content_filter")
                yield Stop("tool_calls" if told == "stop" and self._calls else told)
        if _blocked(response) and not self.finished:
            self.finished = self.ended = True
            yield Stop("content_filter")

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        response = sloppy_json.decode(_object, data)
        if not sequence(response.get("candidates")) and not _blocked(response):
            raise msgspec.DecodeError("no candidates")
        yield from self.read(data)

    def _part(self, part: dict[str, Any]) -> Iterator[Event]:
        text, call = string(part.get("text")), mapping(part.get("functionCall"))
        if text:
            yield ReasoningDelta(text) if part.get("thought") else TextDelta(text)
        if call:
            number, self._calls = self._calls, self._calls + 1
            arguments = msgspec.json.encode(call.get("args") or {}).decode()
            id = string(call.get("id")) or f"call_{number}"
            yield ToolCallDelta(number, arguments, id=id, name=string(call.get("name")))


class GeminiObserver:
    """See `Observer`."""

    def __init__(self) -> None:
        self.observed = Observed()
        self.finished = False
        self.done = False
        self._reader = GeminiReader()

    def begins(self, data: bytes) -> bool:
        """See `Observer`."""
        response = sloppy_json.decode(_object, data)
        if response.get("error") is not None:
            raise ErrorEventError("error")
        return bool(sequence(response.get("candidates"))) or _blocked(response)

    def watch(self, block: bytes) -> None:
        """See `Observer`."""
        marks = _marks(block)
        if not marks:
            return
        for event in [block] if b"\r" in block else marked(block, marks, _marks):
            for data in data_of(event):
                self._read(data)

    def _read(self, data: bytes) -> None:
        reader = self._reader
        try:
            for _ in reader.read(data):
                pass
        except ErrorEventError:
            self.observed.error = "upstream_error_event"
            self.finished = True
        except msgspec.DecodeError:
            return
        self.observed.model, self.observed.usage = reader.model, reader.usage
        self.finished = self.finished or reader.finished

    def is_event(self, data: bytes) -> bool:
        """See `Observer`."""
        try:
            return bool(sloppy_json.decode(_object, data))
        except msgspec.DecodeError:
            return False

    def closing(self) -> bytes:
        """Nothing: the dialect has no end but that of the connection."""
        return b""

    def broken(self, error: ApiError) -> bytes:
        """See `Observer`."""
        return b"data: " + error_body(error) + b"\n\n"


def _blocked(response: dict[str, Any]) -> bool:
    """Whether Google refused the prompt, which is an answer without candidates."""
    return bool(string(mapping(response.get("promptFeedback")).get("blockReason")))


def _marks(text: bytes) -> int:
    return sum(text.count(mark) for mark in _MARKS)


def observe(body: bytes) -> Observed:
    """What a whole answer says."""
    reader = GeminiReader()
    for _ in reader.read_whole(body):
        pass
    return Observed(reader.model, reader.usage)


def as_stream(response: dict[str, Any], include_usage: bool) -> bytes:
    """A whole answer as the one event of a stream: each of Gemini's tells the tokens."""
    return b"data: " + msgspec.json.encode(response) + b"\n\n"


def _body(request: CompletionRequest, model: str, stream: bool) -> dict[str, Any]:
    raise ApiError(400, "Nothing is translated into Gemini's dialect.", code="unsupported_parameter")


GEMINI = Dialect("gemini", path, _body, GeminiReader, GeminiObserver, observe, as_stream)
