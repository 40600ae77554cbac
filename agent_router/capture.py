"""An answer's content, kept while it passes, to be compared with another's. In memory, and bounded."""

from __future__ import annotations

import msgspec

from agent_models.completion import Event
from agent_router.outcomes.said import Said, said_in_events
from agent_router.upstreams.dialects import DIALECTS
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reader import ErrorEventError

MOST_BYTES = 256 * 1024
_elements = msgspec.json.Decoder(list[msgspec.Raw])


class Capture:
    """Takes an answer in whatever form it comes: one body or a stream in the dialect of a wire, or events."""

    __slots__ = ("_body", "_chunks", "_events", "_size", "_wire")

    def __init__(self, wire: str = "chat") -> None:
        self._wire = wire
        self._body: bytes | None = None
        self._chunks: list[bytes] = []
        self._events: list[Event] = []
        self._size = 0

    def body(self, body: bytes) -> None:
        """A whole answer."""
        self._body = body
        self._size = len(body)

    def chunk(self, chunk: bytes) -> None:
        """More of a stream: whole server-sent events, or elements of one JSON array."""
        self._size += len(chunk)
        if self._size <= MOST_BYTES:
            self._chunks.append(chunk)

    def event(self, event: Event) -> None:
        """One more event; what a model can write in one answer is bounded by itself."""
        self._events.append(event)

    def said(self) -> Said | None:
        """What the answer said; None if it was too long, or cannot be read."""
        if self._size > MOST_BYTES:
            return None
        if self._body is None and not self._chunks:
            return said_in_events(self._events) if self._events else None
        reader = DIALECTS[self._wire].reader()
        try:
            if self._body is not None:
                return said_in_events(list(reader.read_whole(self._body)))
            stream = b"".join(self._chunks)
            pieces = map(bytes, _elements.decode(stream)) if stream.startswith(b"[") else data_of(stream)
            events = [event for data in pieces for event in reader.read(data)]
        except (ErrorEventError, msgspec.DecodeError, RecursionError, UnicodeError):
            return None
        return said_in_events(events) if events else None
