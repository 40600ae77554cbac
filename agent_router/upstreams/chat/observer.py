"""Watches a stream in OpenAI's chat dialect pass by, without touching it."""

from __future__ import annotations

import msgspec

from agent_router.errors import ApiError
from agent_router.upstreams.chat.chunk import Chunk, has_substance, id_of, model_of, read_chunk, usage_of
from agent_router.upstreams.chat.finish_reason import is_broken
from agent_router.upstreams.event_boundary import data_of, marked
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import EmptyAnswerError, ErrorEventError
from agent_router.upstreams.reply import Observed
from agent_router.wire.chat.stream import DONE as DONE_EVENT
from agent_router.wire.chat.stream import error_event

DONE = b"[DONE]"


class ChatObserver:
    """Takes whole events and fills `observed`; never raises.

    `finished` once the answer has said that it ended, `done` once the stream has.
    Most blocks are only searched for four words; the events that matter are decoded.
    """

    def __init__(self) -> None:
        self.observed = Observed()
        self.finished = False
        self.done = False

    def watch(self, block: bytes) -> None:
        """Take the next whole events."""
        marks = _marks(block)
        if self.observed.model is None or (marks and b"\r" in block):
            for data in data_of(block):
                if self.observed.model is None or _marks(data):
                    self._read(data)
        elif marks:
            for event in marked(block, marks, _marks):
                for data in data_of(event):
                    self._read(data)

    def begins(self, data: bytes) -> bool:
        """See `Observer`."""
        if data.strip() == DONE:
            raise EmptyAnswerError
        chunk = read_chunk(data)
        if chunk is None:
            raise msgspec.DecodeError("no chunk")
        if chunk.error is not None:
            raise error_in(chunk.error)
        if any(is_broken(choice.finish_reason) for choice in chunk.choices or ()):
            raise ErrorEventError("error")
        self.see(chunk)
        return has_substance(chunk)

    def is_event(self, data: bytes) -> bool:
        """See `Observer`."""
        return data.strip() == DONE or read_chunk(data) is not None

    def closing(self) -> bytes:
        """See `Observer`."""
        return b"" if self.done or self.observed.error is not None else DONE_EVENT

    def broken(self, error: ApiError) -> bytes:
        """See `Observer`."""
        return error_event(error)

    def see(self, chunk: Chunk) -> None:
        """Take an event that was decoded already. Seeing one twice does no harm."""
        observed = self.observed
        if observed.model is None:
            observed.model, observed.id = model_of(chunk), id_of(chunk)
        if chunk.usage is not None:
            observed.usage = usage_of(chunk) or observed.usage
        if chunk.error is not None:
            observed.error = "upstream_error_event"
            self.finished = True  # it said how it ended; nothing needs to be added
        for choice in chunk.choices or ():
            if choice.finish_reason is not None:
                self.finished = True
            if is_broken(choice.finish_reason):
                observed.error = "upstream_error_event"

    def _read(self, data: bytes) -> None:
        if data.strip() == DONE:
            self.done = self.finished = self.observed.done = True
            return
        chunk = read_chunk(data)
        if chunk is not None:
            self.see(chunk)


def _marks(text: bytes) -> int:
    """How often it may say more than deltas do: an end, usage, an error, `[DONE]`. Never wrongly 0."""
    return (
        text.count(b'"finish_reason"')
        - text.count(b'"finish_reason":null')
        + text.count(b'"usage"')
        - text.count(b'"usage":null')
        + text.count(b'"error"')
        + text.count(DONE)
    )
