"""Watches a stream in OpenAI's chat dialect pass by, without touching it."""

from __future__ import annotations

from collections.abc import Iterator

from agent_router.upstreams.chat_chunk import model_of, read_chunk, usage_of
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reply import Observed

DONE = b"[DONE]"
# What to look for, and what it looks like where it says nothing.
_WORDS = (
    (b'"finish_reason"', b'"finish_reason":null'),
    (b'"usage"', b'"usage":null'),
    (b'"error"', None),
    (DONE, None),
)


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
        if self.observed.model is None:
            for data in data_of(block):
                self._read(data)
                if self.observed.model is not None:
                    break
        if b"\r" in block:  # rare: events end in other ways than at two line feeds
            for data in data_of(block):
                if next(_marks(data), None) is not None:
                    self._read(data)
            return
        read_up_to = 0
        for mark in sorted(_marks(block)):
            if mark >= read_up_to:
                start = block.rfind(b"\n\n", read_up_to, mark)
                start = read_up_to if start < 0 else start + 2
                end = block.find(b"\n\n", mark)
                read_up_to = len(block) if end < 0 else end + 2
                for data in data_of(block[start:read_up_to]):
                    self._read(data)

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


def _marks(text: bytes) -> Iterator[int]:
    """Where it says more than a delta does: an end, usage, an error, `[DONE]`. Never wrongly nothing."""
    for word, null in _WORDS:
        at = text.find(word)
        while at >= 0:
            if null is None or not text.startswith(null, at):
                yield at
            at = text.find(word, at + len(word))
