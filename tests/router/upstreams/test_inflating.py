"""What is undone of a compressed body, in pieces of any size."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.upstreams.http_errors import NotHttpError
from agent_router.upstreams.inflating import inflater


def raw(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(data) + squeeze.flush()


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 50), st.sampled_from("gzr"))
def test_any_split(texts: list[bytes], size: int, kind: str) -> None:
    if kind == "g":  # members one behind the other are one body (RFC 1952)
        body, name = b"".join(gzip.compress(text) for text in texts), b"gzip"
    else:
        body, name = (zlib.compress if kind == "z" else raw)(b"".join(texts)), b"deflate"
    undo = inflater(name)
    assert undo is not None
    found = b"".join(undo.feed(body[at : at + size]) for at in range(0, len(body), size))
    assert found == b"".join(texts)


@given(st.binary(min_size=3, max_size=60), st.sampled_from([b"gzip", b"deflate", b"X-GZIP "]))
def test_noise_is_said_to_be_damaged_or_gives_something(noise: bytes, name: bytes) -> None:
    undo = inflater(name)
    assert undo is not None
    with suppress(NotHttpError):
        assert isinstance(undo.feed(noise), bytes)


def test_encodings() -> None:
    assert inflater(None) is None
    assert inflater(b" Identity ") is None
    with pytest.raises(NotHttpError, match="'br'"):
        inflater(b"br")
