"""Events come out whole, whatever the splits and line ends."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_router.upstreams import event_boundary
from agent_router.upstreams.event_boundary import EventBoundary, EventTooLargeError, data_of

LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
PAYLOADS = st.lists(st.binary(max_size=40).map(lambda b: json.dumps(b.hex()).encode()), min_size=1, max_size=6)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` cut at these places."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


@given(PAYLOADS, LINE_ENDS, st.lists(st.integers(0, 10_000), max_size=40), st.booleans())
@example([b"1", b"2"], b"\r\n", list(range(40)), True)
@example([b"1", b"2"], b"\r", list(range(40)), False)
def test_every_split_gives_whole_events_and_loses_nothing(
    payloads: list[bytes], end: bytes, cuts: list[int], comments: bool
) -> None:
    events = [(b": ping" + end if comments else b"") + b"data: " + payload + end + end for payload in payloads]
    raw = b"".join(events)
    boundary = EventBoundary()
    blocks = [boundary.feed(piece) for piece in split(raw, cuts)]
    assert b"".join(blocks) == raw
    assert boundary.rest() == b""
    assert [data for block in blocks for data in data_of(block)] == payloads


@given(st.lists(st.binary(max_size=20), max_size=10))
def test_any_bytes_pass_unchanged(pieces: list[bytes]) -> None:
    boundary = EventBoundary()
    out = b"".join(boundary.feed(piece) for piece in pieces)
    assert out + boundary.rest() == b"".join(pieces)


@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n", b"\r\n\r", b"\n\r", b"\r\r\n"])
def test_any_two_line_ends_in_a_row_end_an_event(blank: bytes) -> None:
    raw = b"data: 1" + blank + b"data: 2"
    boundary = EventBoundary()
    # The LF of a last CRLF may stay for the next block.
    assert boundary.feed(raw).rstrip() == b"data: 1"
    assert boundary.rest().lstrip() == b"data: 2"


def test_a_crlf_is_one_line_end() -> None:
    boundary = EventBoundary()
    assert boundary.feed(b"event: x\r\ndata: 1\r\n") == b""
    assert boundary.feed(b"\r\n") == b"event: x\r\ndata: 1\r\n\r\n"


def test_an_event_split_at_its_blank_line() -> None:
    boundary = EventBoundary()
    assert boundary.feed(b"data: 1\n") == b""
    assert boundary.feed(b"\n") == b"data: 1\n\n"


def test_whole_events_go_through_without_a_copy() -> None:
    block = b"data: 1\n\ndata: 2\n\n"
    assert EventBoundary().feed(block) is block


def test_an_endless_event_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_boundary, "MAX_EVENT_BYTES", 1000)
    boundary = EventBoundary()
    boundary.feed(b"data: " + b"x" * 900)
    with pytest.raises(EventTooLargeError):
        boundary.feed(b"x" * 200)


@pytest.mark.parametrize(
    ("block", "data"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"id: 3\nevent: message\ndata: a\nretry: 5\n\n", [b"a"]),
        (b": comment\n\n", []),
        (b": comment\ndata: a\n\n", [b"a"]),
        (b"event: ping\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"\ndata: a\n\n\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data\n\n", []),
        (b"", []),
    ],
)
def test_the_data_of_events(block: bytes, data: list[bytes]) -> None:
    assert list(data_of(block)) == data
