"""Watches a stream in OpenAI's responses dialect pass by, without touching it."""

from __future__ import annotations

import re

import msgspec

from agent_router.errors import ApiError
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.event_boundary import data_of, marked
from agent_router.upstreams.reply import Observed
from agent_router.upstreams.responses.events import StreamEvent, error_of, usage_of
from agent_router.wire.loose import mapping, string
from agent_router.wire.responses.errors import failed_event

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
        self._last = b""

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
        self._last = block
        marks = _marks(block)
        if not marks:
            return
        for event in [block] if b"\r" in block else marked(block, marks, _marks):
            for data in data_of(event):
                if _marks(data):
                    self._read(data)

    def _read(self, data: bytes) -> None:
        try:
            event = sloppy_json.decode(_event, data)
        except msgspec.DecodeError:
            return
        if event.response:
            self._response = bytes(event.response)
        if event.type == "error":
            self.observed.error = "upstream_error_event"
            self.finished = True
        elif event.type in _ENDS or event.type == "response.created":
            self._told(event.type)

    def _told(self, kind: str) -> None:
        try:
            response = sloppy_json.decode(_object, self._response)
        except msgspec.DecodeError:
            response = {}
        self.observed.model = string(response.get("model")) or self.observed.model
        if kind == "response.created":
            return
        self.observed.usage = usage_of(mapping(response.get("usage"))) or self.observed.usage
        self.finished = self.done = self.observed.done = True
        if kind == "response.failed":
            self.observed.error = "upstream_error_event"
        else:
            self.observed.final = self._response

    def is_event(self, data: bytes) -> bool:
        """See `Observer`."""
        try:
            return sloppy_json.decode(_event, data).type is not None
        except msgspec.DecodeError:
            return False

    def closing(self) -> bytes:
        """Nothing: only the upstream knows how it ended."""
        return b""

    def broken(self, error: ApiError) -> bytes:
        """See `Observer`."""
        numbers = _NUMBER.findall(self._last)
        try:
            response = sloppy_json.decode(_object, self._response)
        except msgspec.DecodeError:
            response = {}
        return failed_event(error, response, int(numbers[-1]) + 1 if numbers else 0)


def _marks(text: bytes) -> int:
    return sum(text.count(mark) for mark in _MARKS)
