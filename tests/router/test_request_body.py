"""A request's body, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.errors import ApiError
from agent_router.request_body import ClientLeftError, Message, read_body


class Wire:
    """What arrives, piece by piece; `None` is the client's leaving. Counts what was read."""

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = list(pieces)
        self.read = 0

    async def __call__(self) -> Message:
        assert self._pieces, "more was asked for than there is"
        piece = self._pieces.pop(0)
        self.read += 1
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}


async def status(wire: Wire, headers: dict[bytes, bytes], limit: int = 10) -> int:
    with pytest.raises(ApiError) as caught:
        await read_body(wire, headers, limit)
    return caught.value.status


@given(st.lists(st.binary(max_size=5), min_size=1))
async def test_pieces_make_the_whole(pieces: list[bytes]) -> None:
    assert await read_body(Wire(*pieces), {}, 1000) == b"".join(pieces)


async def test_a_body_up_to_the_limit_passes() -> None:
    assert await read_body(Wire(b"x" * 10), {b"content-length": b"10"}, 10) == b"x" * 10
    assert await read_body(Wire(b"x" * 5, b"x" * 5), {}, 10) == b"x" * 10


async def test_a_declared_length_over_the_limit_is_refused_once_it_was_read() -> None:
    wire = Wire(b"x" * 6, b"x" * 6)
    assert await status(wire, {b"content-length": b"12"}) == 413
    assert wire.read == 2  # the client sees the refusal only when it has written everything


async def test_a_client_that_asks_first_is_not_read() -> None:
    wire = Wire(b"x" * 12)
    assert await status(wire, {b"content-length": b"12", b"expect": b"100-Continue"}) == 413
    assert wire.read == 0


@pytest.mark.parametrize(
    "pieces", [[b"x" * 11], [b"x" * 5, b"x" * 6], [b"x" * 11, b"x" * 5], [b"x", b"y" * 10, b"z", b"z"]]
)
async def test_an_undeclared_length_over_the_limit_is_refused(pieces: list[bytes]) -> None:
    wire = Wire(*pieces)
    assert await status(wire, {}) == 413
    assert wire.read == len(pieces)


async def test_a_declared_length_that_is_a_lie_is_no_way_around_the_limit() -> None:
    assert await status(Wire(b"x" * 5, b"x" * 6), {b"content-length": b"5"}) == 413


@pytest.mark.parametrize("length", [b"-1", b"+5", b"1_0", b"ten", b"5.0", b"0x10", b"1" * 5000, "٣".encode()])
async def test_a_length_that_is_no_number_is_a_clear_error(length: bytes) -> None:
    assert await status(Wire(b"x"), {b"content-length": length}) == 400


@pytest.mark.parametrize("length", [b"", b" 1 ", b"0001"])
async def test_lengths_that_are_odd_but_right(length: bytes) -> None:
    assert await read_body(Wire(b"x"), {b"content-length": length}, 10) == b"x"


@pytest.mark.parametrize("pieces", [[None], [b"x", None], [b"x", b"y", None]])
async def test_a_client_that_leaves_early(pieces: list[bytes | None]) -> None:
    with pytest.raises(ClientLeftError):
        await read_body(Wire(*pieces), {b"content-length": b"9"}, 10)


async def test_a_client_that_leaves_while_it_is_refused() -> None:
    assert await status(Wire(b"x" * 12, None), {b"content-length": b"100"}) == 413
    assert await status(Wire(b"x" * 12, None), {}) == 413
