"""Bodies that a server compressed though nobody asked for it."""

from __future__ import annotations

import zlib

from agent_router.upstreams.http_errors import NotHttpError

_MAX_INFLATED = 64 * 1024 * 1024  # bytes that one piece may become
_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Inflating:
    """Undoes gzip (of several members too) and deflate, which some servers send with zlib's frame and some without."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._current = zlib.decompressobj(_GZIP) if gzip else None
        self._start = b""

    def feed(self, data: bytes) -> bytes:
        """The plain bytes that these release; NotHttpError if they are damaged or become too many."""
        if self._current is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return b""
            framed = data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0  # RFC 1950, 2.2
            self._current = zlib.decompressobj(_ZLIB if framed else _RAW)
        plain = bytearray()
        while data:
            try:
                plain += self._current.decompress(data, _MAX_INFLATED - len(plain) + 1)
            except zlib.error:
                raise NotHttpError("its compressed body is damaged") from None
            if len(plain) > _MAX_INFLATED:
                raise NotHttpError("its compressed body is too large")
            if not (self._current.eof and self._gzip):
                break
            data = self._current.unused_data  # another member follows
            self._current = zlib.decompressobj(_GZIP)
        return bytes(plain)


def inflater(encoding: bytes | None) -> Inflating | None:
    """What undoes a content-encoding; None for a plain body. NotHttpError for one that is not known here."""
    name = (encoding or b"identity").strip().lower()
    if name in (b"identity", b""):
        return None
    if name in (b"gzip", b"x-gzip", b"deflate"):
        return Inflating(gzip=name != b"deflate")
    raise NotHttpError(f"its body has the encoding {name[:20].decode('latin-1')!r}, which was not asked for")
