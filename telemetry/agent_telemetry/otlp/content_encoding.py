"""A request's body as it was before it was compressed, bounded: a few kilobytes of gzip can hold gigabytes."""

from __future__ import annotations

import zlib
from typing import Final

from agent_telemetry.otlp.refusal import Refusal

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a request when it is unpacked; what an SDK sends at once has a tenth of a megabyte or two."""
_GZIP: Final = 16 + zlib.MAX_WBITS


def plain(body: bytes, encoding: str, largest: int = LARGEST) -> bytes:
    """The body itself. `Refusal` 415 for another encoding than gzip, 413 where it is too large, 400 where it is
    broken."""
    encodings = [each.strip().lower() for each in encoding.split(",")]
    kept = [each for each in encodings if each not in ("", "identity")]
    if not kept:
        if len(body) > largest:
            raise _too_large(largest)
        return body
    if kept not in (["gzip"], ["x-gzip"]):
        raise Refusal(
            415, "Of compressed bodies only gzip is read: set OTEL_EXPORTER_OTLP_COMPRESSION to gzip or none."
        )
    return _unzipped(body, largest)


def _unzipped(body: bytes, largest: int) -> bytes:
    """Of all members that follow each other."""
    pieces: list[bytes] = []
    size = 0
    while body:
        member = zlib.decompressobj(_GZIP)
        try:
            piece = member.decompress(body, largest - size + 1)
        except zlib.error:
            raise Refusal(400, "The body is not gzip, as its content-encoding says.") from None
        size += len(piece)
        if size > largest:
            raise _too_large(largest)
        if not member.eof:
            raise Refusal(400, "The gzip body breaks off.")
        pieces.append(piece)
        body = member.unused_data.lstrip(b"\x00")  # padding that some write
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(largest: int) -> Refusal:
    return Refusal(
        413, f"The request is larger than {largest / 1024 / 1024:g} MiB when it is unpacked. Send less at once."
    )
