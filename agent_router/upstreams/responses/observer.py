"""Watches a stream in OpenAI's responses dialect pass by, without touching it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from agent_router.errors import ApiError
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.event_boundary import data_of, marked
from agent_router.upstreams.reply import Observed
from agent_router.upstreams.responses.events import StreamEvent, error_of, usage_of
from agent_router.upstreams.responses.partial import output_so_far
from agent_router.wire.chat.stream import DONE
from agent_router.wire.loose import mapping, string
from agent_router.wire.responses.errors import failed_event, failed_response

_BEFORE = frozenset({"response.created", "response.in_progress", "response.queued"})
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_MARKS = (
    b'"response.created"',
    b'"response.completed"',
    b'"response.incomplete"',
    b'"response.failed"',
    b'"type":"error"',
    b'"type": "error"',
)
_DONE = re.compile(rb"(?:\A|\n|\r)data: ?\[DONE\]\s*\Z")
_MOST_SEEN = 8 * 1024 * 1024
_NUMBER = re.compile(rb'"sequence_number"\s*:\s*(\d{1,18})')


class _Event(msgspec.Struct):
    type: str | None = None
    response: msgspec.Raw = msgspec.Raw(b"")


_event = msgspec.json.Decoder(_Event)
_whole_event = msgspec.json.Decoder(StreamEvent)
_object = msgspec.json.Decoder(dict)


class ResponsesObserver:
    """See `Observer`."""

    def __init__(self) -> None:
        self.observed = Observed()
        self.finished = False
        self.done = False
        self._response = b""
        self._seen: list[bytes] = []  # for what was told when the stream breaks, and the last number
        self._room = _MOST_SEEN
        self._last = b""
        self._closed = False

    def begins(self, data: bytes) -> bool:
        """See `Observer`."""
        kind = sloppy_json.decode(_event, data).type
        if kind in ("error", "response.failed"):
            raise error_of(sloppy_json.decode(_whole_event, data))
        if kind is None or not kind.startswith("response."):
            raise msgspec.DecodeError("no event of a response")
        return kind not in _BEFORE

    def watch(self, block: bytes) -> None:
        """See `Observer`."""
        if self._room > 0:
            self._seen.append(block)
            self._room -= len(block)
        elif b'"sequence_number"' in block:
            self._last = block
        marks = _marks(block)
        if not marks:
            self._closed = self._closed or (self.finished and _DONE.search(block) is not None)
            return
        for event in [block] if b"\r" in block else marked(block, marks, _marks):
            for data in data_of(event):
                if _marks(data):
                    self._read(data)
        if self.finished:
            self._seen.clear()
            self._closed = _DONE.search(block) is not None

    def _read(self, data: bytes) -> None:
        try:
            event = sloppy_json.decode(_event, data)
        except msgspec.DecodeError:
            return
        if event.response:
            self._response = bytes(event.response)
        if event.type == "error":
            self.observed.error = "upstream_error_event"
            error = error_of(sloppy_json.decode(_whole_event, data))
            failed = self._failed(ApiError(502, error.message, code=error.words[0]))
            self.observed.final = msgspec.json.encode(failed)
            self.finished = True
        elif event.type in _ENDS or event.type == "response.created":
            self._told(event.type)

    def _told(self, kind: str) -> None:
        try:
            response = sloppy_json.decode(_object, self._response)
        except msgspec.DecodeError:
            response = {}
        self.observed.model = string(response.get("model")) or self.observed.model
        self.observed.id = string(response.get("id")) or self.observed.id
        if kind == "response.created":
            return
        self.observed.usage = usage_of(mapping(response.get("usage"))) or self.observed.usage
        self.finished = self.done = self.observed.done = True
        self.observed.final = self._response
        if kind == "response.failed":
            self.observed.error = "upstream_error_event"

    def is_event(self, data: bytes) -> bool:
        """See `Observer`."""
        try:
            return sloppy_json.decode(_event, data).type is not None
        except msgspec.DecodeError:
            return False

    def closing(self) -> bytes:
        """See `Observer`. How it ended only the upstream knows; the last line Open Responses demands of all."""
        return b"" if self._closed else DONE

    def broken(self, error: ApiError) -> bytes:
        """See `Observer`."""
        blocks = (self._last, *reversed(self._seen))  # the last may be a comment
        numbers = next((found for block in blocks if (found := _NUMBER.findall(block))), [])
        failed = self._failed(error)
        self.observed.final = msgspec.json.encode(failed)
        return failed_event(failed, int(numbers[-1]) + 1 if numbers else 0) + DONE

    def _failed(self, error: ApiError) -> dict[str, Any]:
        """The response as far as it came."""
        try:
            response = sloppy_json.decode(_object, self._response)
        except msgspec.DecodeError:
            response = {}
        return failed_response(error, response | {"output": output_so_far(self._seen)})


def _marks(text: bytes) -> int:
    return sum(text.count(mark) for mark in _MARKS)
