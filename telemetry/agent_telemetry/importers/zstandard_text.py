"""Zstandard, as agents compress old sessions with it: the standard library's from Python 3.14 on, and its backport."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGEST: Final = 64 * 1024 * 1024
"""Bytes that one text may have, once unpacked."""


def unpacked(content: bytes) -> bytes:
    """One text. Raises `ValueError` where it is damaged, cut or larger than it may be."""
    packed = zstd.ZstdDecompressor()
    try:
        found = packed.decompress(content, max_length=LARGEST)
    except zstd.ZstdError as error:
        raise ValueError("damaged") from error
    if not packed.eof:
        raise ValueError("cut or too large")
    return found


def lines(content: bytes) -> Iterator[bytes]:
    """The lines of a text. Raises `ValueError` at the place from which on it is damaged or cut."""
    with zstd.ZstdFile(io.BytesIO(content)) as file:
        try:
            while line := file.readline(LARGEST):
                yield line
        except (zstd.ZstdError, EOFError) as error:
            raise ValueError("damaged") from error
