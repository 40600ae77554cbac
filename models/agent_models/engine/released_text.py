"""Which part of a growing answer may be released: whole characters, and nothing that a stop sequence may eat."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class ReleasedText:
    """Takes an answer's bytes and gives out its text.

    Bytes that may be the beginning of a character are held back; bytes that can be none become U+FFFD. Text
    that may be the beginning of a stop sequence is held back until it is or is not. After `stopped` is set
    nothing more comes out, and the stop sequence itself never does.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.stopped: str | None = None

    def feed(self, data: bytes) -> str:
        """The text that these bytes release."""
        return self._release(self._decoder.decode(data))

    def finish(self) -> str:
        """What was held back, at the end of an answer that met no stop sequence."""
        text = self._release(self._decoder.decode(b"", final=True))
        held, self._held = self._held, ""
        return text + ("" if self.stopped else held)

    def forget(self, stop: str) -> None:
        """No longer stops at this."""
        self._stops = tuple(other for other in self._stops if other != stop)

    def _release(self, text: str) -> str:
        if self.stopped is not None:
            return ""
        self._held += text
        found = [(at, -len(stop), stop) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            at, _, self.stopped = min(found)
            released, self._held = self._held[:at], ""
            return released
        keep = max((overlap(self._held, stop) for stop in self._stops), default=0)
        cut = len(self._held) - keep
        released, self._held = self._held[:cut], self._held[cut:]
        return released


def overlap(text: str, word: str) -> int:
    """How many characters at the end of `text` begin `word` (less than all of it)."""
    for size in range(min(len(text), len(word) - 1), 0, -1):
        if text.endswith(word[:size]):
            return size
    return 0
