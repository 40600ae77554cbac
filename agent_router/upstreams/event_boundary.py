"""Whole server-sent events out of bytes that were split anywhere."""

from __future__ import annotations

from collections.abc import Iterator

# A single event larger than this is taken for a fault; real ones stay under a few megabytes.
MAX_EVENT_BYTES = 64 * 1024 * 1024


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
        if not self._rest and chunk.endswith(b"\n\n"):
            return chunk
        # A boundary can only have come about in the new bytes or across the seam.
        since = max(len(self._rest) - 3, 0)
        self._rest += chunk
        end = -1
        for boundary in (b"\n\n", b"\r\n\r\n", b"\r\r"):
            at = self._rest.rfind(boundary, since)
            if at >= 0:
                end = max(end, at + len(boundary))
        if end < 0:
            if len(self._rest) > MAX_EVENT_BYTES:
                raise EventTooLargeError
            return b""
        whole = bytes(self._rest[:end])
        del self._rest[:end]
        return whole

    def rest(self) -> bytes:
        """What is held back: at the end of a stream, an event that was not ended by a blank line."""
        return bytes(self._rest)


def data_of(block: bytes) -> Iterator[bytes]:
    """The data of each event in `block` (whole events), its lines joined; comments and other fields left out."""
    text = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block
    for event in text.split(b"\n\n"):
        if not event.startswith(b"data:") or b"\n" in event:
            lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)
        else:
            yield event[5:].removeprefix(b" ")
