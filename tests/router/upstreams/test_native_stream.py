"""Holding a stream back until it begins, and passing it on byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.upstreams.chat.observer import ChatObserver
from agent_router.upstreams.event_boundary import EventBoundary
from agent_router.upstreams.native_stream import NativeStream
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reply import StreamCutError, UpstreamFault

ROLE = b'data: {"model":"m","choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
TEXT = b'data: {"model":"m","choices":[{"delta":{"content":"a"},"finish_reason":null}]}\n\n'
STOP = b'data: {"model":"m","choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'
DONE = b"data: [DONE]\n\n"
ERROR = b'data: {"error":{"message":"overloaded"}}\n\n'
WHOLE = ROLE + TEXT + STOP + USAGE + DONE


class Recorded:
    """Pieces from memory; `cut`: they end in a break."""

    def __init__(self, pieces: Sequence[bytes], *, cut: bool = False) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self._cut = cut
        self.closed = False
        self.lingers = 0

    def __aiter__(self) -> Recorded:
        return self

    async def __anext__(self) -> bytes:
        if self._pieces:
            return self._pieces.pop(0)
        if self._cut:
            raise StreamCutError("cut")
        raise StopAsyncIteration

    async def whole(self, begun: bytes = b"") -> bytes:
        return begun + b"".join([piece async for piece in self])

    def linger(self) -> None:
        self.lingers += 1

    async def aclose(self) -> None:
        self.closed = True


def chat(*pieces: bytes, cut: bool = False) -> tuple[NativeStream, Recorded]:
    recorded = Recorded(pieces, cut=cut)
    return NativeStream("x", cast(Pieces, recorded), ChatObserver()), recorded


async def passed(*pieces: bytes, cut: bool = False) -> tuple[list[bytes], Any]:
    """What is released, and what the stream came to: None or the error."""
    stream, recorded = chat(*pieces, cut=cut)
    assert await stream.begin() is None
    released: list[bytes] = []
    error = None
    try:
        async for block in stream.relay():
            released += [block]
    except StreamCutError as broken:
        error = broken
    assert recorded.closed
    return released, error


def cut_at(data: bytes, places: list[int]) -> list[bytes]:
    at = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(at)]


@given(st.lists(st.integers(0, 5000), max_size=30), st.sampled_from([b"\n", b"\r\n"]))
def test_whole_events_and_every_byte_wherever_it_is_split(places: list[int], end: bytes) -> None:
    raw = b": hello\n\n".replace(b"\n", end) + WHOLE.replace(b"\n", end)
    released, error = asyncio.run(passed(*cut_at(raw, places)))
    assert error is None
    assert b"".join(released) == raw
    for block in released:
        assert EventBoundary().feed(block) == block


@given(st.integers(0, len(WHOLE)), st.booleans())
def test_wherever_it_is_cut_no_half_event_is_released(place: int, broken: bool) -> None:
    raw = WHOLE[:place]
    try:
        released, error = asyncio.run(passed(raw, cut=broken))
    except (UpstreamFault, StreamCutError):
        assert place < len(ROLE + TEXT)  # nothing was released
        return
    out = b"".join(released)
    assert out.endswith(b"\n\n")
    assert out == DONE or WHOLE.startswith(out.removesuffix(DONE))
    finished = place >= len(ROLE + TEXT + STOP) - 2
    assert (error is None) == finished or place == len(ROLE + TEXT + STOP) - 1 or broken
    assert out.endswith(DONE) == (error is None)


async def test_nothing_is_released_before_it_begins() -> None:
    stream, recorded = chat(b": wait\n\n", ROLE, TEXT + STOP, DONE)
    assert await stream.begin() is None
    assert len(recorded._pieces) == 1
    assert await anext(stream.relay()) == b": wait\n\n" + ROLE + TEXT + STOP


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([], "empty"),
        ([b": wait\n\n"] * 3, "empty"),
        ([ROLE], "empty"),
        ([ROLE, DONE], "empty"),
        ([DONE], "empty"),
        ([USAGE, DONE], "empty"),
        ([b"\n\n \n"], "empty"),
        ([b"upstream connect error"], "empty"),
        ([ERROR], "garbled"),
        ([ROLE, ERROR], "garbled"),
        ([ROLE + ERROR], "garbled"),
        ([b"data: <html>\n\n"], "garbled"),
        ([b"data: {\n\n"], "garbled"),
        ([TEXT[:30]], "garbled"),
    ],
)
async def test_what_does_not_begin_is_a_fault(pieces: list[bytes], kind: str) -> None:
    stream, _ = chat(*pieces)
    with pytest.raises(UpstreamFault) as caught:
        await stream.begin()
    assert caught.value.kind == kind


async def test_a_break_before_it_begins_is_the_connections() -> None:
    stream, _ = chat(ROLE, cut=True)
    with pytest.raises(StreamCutError):
        await stream.begin()


@pytest.mark.parametrize(
    "pieces",
    [
        [b'{"a":1}'],
        [b"\n", b" ", b'{"a"', b":1}"],
        [b"\xef\xbb\xbf", b'{"a":1}'],
        [b'\xef\xbb\xbf{"a":1}'],
    ],
)
async def test_json_in_place_of_a_stream_is_returned_whole(pieces: list[bytes]) -> None:
    stream, _ = chat(*pieces)
    assert await stream.begin() == b'{"a":1}'


async def test_a_page_in_place_of_a_stream_is_returned_whole() -> None:
    stream, _ = chat(b"<html>", b"</html>")
    assert await stream.begin() == b"<html></html>"


async def test_a_forgotten_done_is_added() -> None:
    released, error = await passed(ROLE + TEXT, STOP, USAGE)
    assert error is None
    assert b"".join(released) == ROLE + TEXT + STOP + USAGE + DONE


async def test_a_last_event_without_its_blank_line_is_completed() -> None:
    for end in (b"", b"\n"):
        released, error = await passed(ROLE + TEXT + STOP + USAGE, b"data: [DONE]" + end)
        assert (b"".join(released), error) == (WHOLE, None)
    released, _ = await passed(TEXT.rstrip() + b"\n", cut=False)
    assert b"".join(released) == TEXT


async def test_an_error_event_in_the_middle_is_passed_on_and_seen() -> None:
    stream, recorded = chat(ROLE + TEXT, ERROR, cut=True)
    await stream.begin()
    assert b"".join([block async for block in stream.relay()]) == ROLE + TEXT + ERROR  # no second error, no [DONE]
    assert stream.observed.error == "upstream_error_event"
    assert recorded.lingers == 1


async def test_after_done_nothing_is_waited_for_long() -> None:
    stream, recorded = chat(ROLE + TEXT, STOP, DONE, b": still here\n\n", cut=True)
    await stream.begin()
    released = b"".join([block async for block in stream.relay()])
    assert released == ROLE + TEXT + STOP + DONE + b": still here\n\n"
    assert recorded.lingers == 1


async def test_leaving_early_closes_the_source_and_keeps_what_was_seen() -> None:
    usage = TEXT.replace(b"}]}", b'}],"usage":{"prompt_tokens":3,"completion_tokens":1}}')
    stream, recorded = chat(ROLE + usage, TEXT, STOP)
    await stream.begin()
    relay = stream.relay()
    await anext(relay)
    await relay.aclose()
    assert recorded.closed
    assert stream.observed.usage is not None
    assert stream.observed.usage.output == 1
