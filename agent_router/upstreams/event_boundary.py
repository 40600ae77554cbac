"""Whole server-sent events out of bytes that were split anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

# A single event larger than this is taken for a fault; real ones stay under a few megabytes.
MAX_EVENT_BYTES = 64 * 1024 * 1024

# Two line ends in a row. A CR before an LF ends no line by itself; one that is the last byte so far may be half of a
# CRLF, where those before it were no lone CRs either.
_BLANK_LINE = re.compile(rb"(?:\r\n|\n)(?:\r\n|\n|\r(?!\Z))|\r(?!\n)(?:\r\n|\n|\r)")
_NAME = re.compile(rb"(?:\A|[\r\n])event:")
_BOM = b"\xef\xbb\xbf"


class _Typed(msgspec.Struct):
    type: str


_typed = msgspec.json.Decoder(_Typed)


class EventTooLargeError(Exception):
    """An event that does not end within `MAX_EVENT_BYTES`."""


class EventBoundary:
    """Holds back the bytes of an event until it is complete.

    Lines may end in LF, CRLF or CR (HTML standard, "Parsing an event stream").
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """The bytes up to the last event that is now complete; empty if none is."""
        rest = self._rest
        if not rest:
            if chunk.endswith(b"\n\n"):
                return chunk
            end = _last_end(chunk, 0)
            rest += chunk[end:]
            return chunk[:end]
        # A boundary can only have come about in the new bytes or across the seam.
        since = max(len(rest) - 3, 0)
        rest += chunk
        end = _last_end(rest, since)
        if not end:
            if len(rest) > MAX_EVENT_BYTES:
                raise EventTooLargeError
            return b""
        with memoryview(rest) as view:
            whole = bytes(view[:end])
        del rest[:end]
        return whole

    def rest(self) -> bytes:
        """What is held back: at the end of a stream, an event that was not ended by a blank line."""
        return bytes(self._rest)


def _last_end(data: bytes | bytearray, since: int) -> int:
    """Where the last blank line at or after `since` ends; 0 if there is none."""
    at = data.rfind(b"\n\n", since)
    end = at + 2 if at >= 0 else 0
    if data.find(b"\r", max(end, since)) >= 0:
        for boundary in _BLANK_LINE.finditer(data, max(end - 1, since)):
            end = boundary.end()
    return end


def data_of(block: bytes) -> Iterator[bytes]:
    """The data of each event in `block` (whole events), its lines joined; comments and other fields left out."""
    text = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block
    for event in text.removeprefix(_BOM).split(b"\n\n"):
        if not event.startswith(b"data:") or b"\n" in event:
            lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)
        else:
            yield event[5:].removeprefix(b" ")


def named(block: bytes) -> bytes:
    """The events in `block`, each under the name that the `type` in its data is; what holds none stays as it is."""
    told = b""
    for data in data_of(block):
        try:
            kind = _typed.decode(data).type.encode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            kind = b""
        told += b"event: " + kind + b"\n" if kind and b"\n" not in kind else b""
        told += b"data: " + data.replace(b"\n", b"\ndata: ") + b"\n\n"
    return told or block


def is_named(block: bytes) -> bool:
    """Whether any of the events has a name."""
    return _NAME.search(block) is not None


def marked(block: bytes, marks: int, count: Callable[[bytes], int]) -> list[bytes]:
    """The events in `block` that hold its `marks`, by what `count` finds in each. Looked for from its end, because
    there they nearly always are. Lines must end in LF."""
    found: list[bytes] = []
    end = len(block)
    while marks and end > 0:
        start = block.rfind(b"\n\n", 0, max(end - 2, 0)) + 2
        event = block[start if start > 1 else 0 : end]
        if here := count(event):
            found.append(event)
            marks -= here
        end = start if start > 1 else 0
    found.reverse()
    return found
