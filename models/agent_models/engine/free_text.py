"""The parts of an answer in which the model writes freely, up to a mark that means something else. Worker only."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from agent_models.completion import StopReason, TextDelta, TokenLogprob
from agent_models.engine.pen import Pen, Step
from agent_models.engine.released_text import ReleasedText


class Found(NamedTuple):
    """What ended a part: a mark, or (None) the answer's end for this reason.

    `token` is the last of the mark, not yet written (None: written already); `rest` are the bytes behind the mark.
    """

    mark: str | None
    reason: StopReason = "stop"
    token: int | None = None
    rest: bytes = b""


def until(
    pen: Pen,
    marks: Sequence[str],
    rest: bytes,
    release: Callable[[str, ReleasedText], Step | None],
    note: Callable[[int], None] = lambda token: None,
) -> Generator[Step, None, Found]:
    """Writes until one of the marks, which may be split over tokens in any way. `rest`: what has been written already.
    `release` makes an event of each text that is surely not a mark's beginning."""
    released = ReleasedText(marks)
    raw = bytearray()
    spelt: set[str] = set()
    token: int | None = None
    piece = rest

    def out(text: str) -> Step | None:
        for control in spelt:
            text = text.replace(control, "")
        return release(text, released) if text else None

    while True:
        raw += piece
        if event := out(released.feed(piece)):
            yield event
        if (mark := released.stopped) is not None:
            behind = len(raw) - raw.find(mark.encode()) - len(mark.encode())
            return Found(mark, token=token, rest=bytes(raw[len(raw) - behind :]))
        if token is not None:
            yield from pen.write([token])
        reason: StopReason = "length"
        if not pen.stuck():
            token = pen.next()
            if token is not None:
                note(token)
                piece = pen.visible(token)
                # What a grammar has let through counts as it stands.
                if piece and pen.hidden(token) and not pen.ruled:
                    spelt.add(piece.decode("utf-8", "replace"))
                continue
            reason = "stop"
        if event := out(released.finish()):
            yield event
        return Found(None, reason)


class Answer:
    """Makes events of the answer's text. `openers` count only before any of it has been released."""

    def __init__(self, pen: Pen, openers: Sequence[str]) -> None:
        self._pen, self._openers = pen, openers
        self._logprobs: list[TokenLogprob] = []
        self.begun = False
        self.skips_blank = False

    def note(self, token: int) -> None:
        """A token that the next text's event will tell of."""
        if (logprob := self._pen.logprob(token)) is not None:
            self._logprobs.append(logprob)

    def release(self, text: str, released: ReleasedText) -> Step | None:
        """The event; None if there is nothing to tell."""
        if self.skips_blank:
            text = text.lstrip()
            if not text:
                return None
        if not self.begun and text.strip():
            self.begun, self.skips_blank = True, False
            for mark in self._openers:
                released.forget(mark)
        event = TextDelta(text, tuple(self._logprobs))
        self._logprobs.clear()
        return event

    def again(self) -> None:
        """The text begins anew, behind marks that are no part of it."""
        self.begun = False
        self._logprobs.clear()
