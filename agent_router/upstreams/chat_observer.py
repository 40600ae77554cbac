"""Watches a stream in OpenAI's chat dialect pass by, without touching it."""

from __future__ import annotations

from agent_router.upstreams.chat_chunk import model_of, read_chunk, usage_of
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reply import Observed

DONE = b"[DONE]"


class ChatObserver:
    """Takes whole events and fills `observed`; never raises.

    `finished` once the answer has said that it ended, `done` once the stream has.
    Most events are only searched for four words; the few that matter are decoded.
    """

    def __init__(self) -> None:
        self.observed = Observed()
        self.finished = False
        self.done = False

    def watch(self, block: bytes) -> None:
        """Take the next whole events."""
        if _matters(block):
            for data in data_of(block):
                if self.observed.model is None or _matters(data):
                    self._read(data)
        elif self.observed.model is None:
            for data in data_of(block):
                self._read(data)
                if self.observed.model is not None:
                    break

    def _read(self, data: bytes) -> None:
        if data.strip() == DONE:
            self.done = self.finished = self.observed.done = True
            return
        chunk = read_chunk(data)
        if chunk is None:
            return
        if self.observed.model is None:
            self.observed.model = model_of(chunk)
        if chunk.usage is not None:
            self.observed.usage = usage_of(chunk) or self.observed.usage
        if chunk.error is not None:
            self.observed.error = "upstream_error_event"
            self.finished = True  # it said how it ended; nothing needs to be added
        if any(choice.finish_reason is not None for choice in chunk.choices or ()):
            self.finished = True


def _matters(text: bytes) -> bool:
    """Whether there is more in it than deltas; never wrongly no."""
    return (
        text.count(b'"finish_reason"') != text.count(b'"finish_reason":null')
        or (b'"usage"' in text and text.count(b'"usage"') != text.count(b'"usage":null'))
        or b'"error"' in text
        or DONE in text
    )
