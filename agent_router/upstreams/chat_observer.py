"""Watches a stream in OpenAI's chat dialect pass by, without touching it."""

from __future__ import annotations

from agent_router.upstreams.chat_chunk import Chunk, model_of, read_chunk, usage_of
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reply import Observed

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
            for event in _marked(block, marks):
                for data in data_of(event):
                    self._read(data)

    def see(self, chunk: Chunk) -> None:
        """Take an event that was decoded already. Seeing one twice does no harm."""
        observed = self.observed
        if observed.model is None:
            observed.model = model_of(chunk)
        if chunk.usage is not None:
            observed.usage = usage_of(chunk) or observed.usage
        if chunk.error is not None:
            observed.error = "upstream_error_event"
            self.finished = True  # it said how it ended; nothing needs to be added
        for choice in chunk.choices or ():
            if choice.finish_reason is not None:
                self.finished = True

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


def _marked(block: bytes, marks: int) -> list[bytes]:
    """The events that hold the block's `marks`. Looked for from its end, because there they nearly always are."""
    found: list[bytes] = []
    end = len(block)
    while marks and end > 0:
        start = block.rfind(b"\n\n", 0, max(end - 2, 0)) + 2
        event = block[start if start > 1 else 0 : end]
        if here := _marks(event):
            found.append(event)
            marks -= here
        end = start if start > 1 else 0
    found.reverse()
    return found
