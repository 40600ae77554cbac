"""Watches a stream in Anthropic's dialect pass by, without touching it."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_router.errors import ApiError
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.anthropic.events import AnswerReader
from agent_router.upstreams.event_boundary import data_of, marked
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import ErrorEventError
from agent_router.upstreams.reply import Observed
from agent_router.wire.messages.errors import error_event

STOP_EVENT = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
# Only what these events hold is read; the deltas between them pass unread.
_MARKS = (b'"message_start"', b'"message_delta"', b'"message_stop"', b'"error"')


class _Kind(msgspec.Struct):
    type: str | None = None
    error: Any = None


_kind = msgspec.json.Decoder(_Kind)


class MessagesObserver:
    """See `Observer`."""

    def __init__(self) -> None:
        self.observed = Observed()
        self._reader = AnswerReader()
        self.finished = False
        self.done = False

    def begins(self, data: bytes) -> bool:
        """See `Observer`."""
        event = sloppy_json.decode(_kind, data)
        if event.type == "error":
            raise error_in(event.error)
        return event.type not in ("message_start", "ping")

    def watch(self, block: bytes) -> None:
        """See `Observer`."""
        marks = _marks(block)
        if not marks:
            return
        for event in [block] if b"\r" in block else marked(block, marks, _marks):
            for data in data_of(event):
                if _marks(data):
                    self._read(data)

    def _read(self, data: bytes) -> None:
        reader = self._reader
        try:
            for _ in reader.read(data):
                pass
        except ErrorEventError:
            self.observed.error = "upstream_error_event"
            self.finished = True  # it said how it ended
        except msgspec.DecodeError:
            return
        self.observed.model = reader.model or self.observed.model
        self.observed.id = reader.id or self.observed.id
        self.observed.usage = reader.usage or self.observed.usage
        self.finished = self.finished or reader.finished
        self.done = self.observed.done = self.done or reader.ended

    def is_event(self, data: bytes) -> bool:
        """See `Observer`."""
        try:
            return sloppy_json.decode(_kind, data).type is not None
        except msgspec.DecodeError:
            return False

    def closing(self) -> bytes:
        """See `Observer`."""
        return b"" if self.done or self.observed.error is not None else STOP_EVENT

    def broken(self, error: ApiError) -> bytes:
        """See `Observer`."""
        return error_event(error)


def _marks(text: bytes) -> int:
    return sum(text.count(mark) for mark in _MARKS)
