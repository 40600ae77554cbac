"""Text that is no Unicode is read all the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.upstreams.sloppy_json import decode

ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'"\xff"', "\ufffd"),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"a\ude00b"', "a\ufffdb"),
        (rb'"\ud83d\ude00\ud83d"', "\U0001f600\ufffd"),
        ('"grüße \U0001f600"'.encode() + b" ", "grüße \U0001f600"),
    ],
)
def test_what_is_no_unicode_becomes_the_replacement_character(data: bytes, value: Any) -> None:
    assert decode(ANY, data) == value
    msgspec.json.encode(decode(ANY, data))


@pytest.mark.parametrize("data", [b"", b"{", b"{'a':1}", b'"\xff', b'["\xff", NaN]', b"[" * 100_000])
def test_what_is_no_json_is_an_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(ANY, data)


def test_the_wrong_type_is_an_error() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(msgspec.json.Decoder(list[int]), b'["\xff"]')


@given(st.binary(max_size=30))
def test_nothing_else_is_raised(data: bytes) -> None:
    try:
        decode(ANY, data)
    except msgspec.DecodeError:
        pass
