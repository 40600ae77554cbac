"""An answer's content, in whatever form it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Stop, TextDelta, ToolCallDelta
from agent_router.capture import MOST_BYTES, Capture
from agent_router.outcomes.said import Said
from agent_router.upstreams.dialects import DIALECTS

BODY = b'{"choices":[{"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'
CHUNKS = (
    b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"h"}}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
)


def test_bodies_streams_and_events_say_the_same() -> None:
    captures = [Capture() for _ in range(3)]
    captures[0].body(BODY)
    for chunk in CHUNKS:
        captures[1].chunk(chunk)
    for event in (TextDelta("h"), TextDelta("i"), Stop("stop")):
        captures[2].event(event)
    for capture in captures:
        said = capture.said()
        assert said is not None
        assert (said.text, said.stop) == ("hi", "stop")


def test_the_elements_of_one_array_are_a_stream_too() -> None:
    capture = Capture("gemini")
    for piece in (
        b'[{"candidates":[{"content":{"parts":[{"text":"h"}]}}]}',
        b',\n{"candidates":[{"content":{"parts":[',
    ):
        capture.chunk(piece)
    assert capture.said() is None  # cut
    capture.chunk(b'{"text":"i"}]},"finishReason":"STOP"}]}]')
    assert capture.said() == Said("hi", (), "stop")


CALLING = (
    b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}}]}\n\n',
    b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]},"finish_reason":"stop"}]}'
    b"\n\n",
)


def test_calls_in_a_stream_are_kept() -> None:
    capture = Capture()
    for chunk in CALLING:
        capture.chunk(chunk)
    assert capture.said() == Said("", (("f", "{}"),), "tool_calls")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"choices":[]}', b'{"choices":[{"message":7}]}', b'{"error":{}}'])
@pytest.mark.parametrize("wire", list(DIALECTS))
def test_what_is_no_answer_is_none(wire: str, body: bytes) -> None:
    capture = Capture(wire)
    capture.body(body)
    assert capture.said() is None


@pytest.mark.parametrize("chunk", [b'data: {"error":{"message":"x"}}\n\n', b"data: {\n\n", b": hm\n\n"])
def test_a_stream_that_says_nothing_is_none(chunk: bytes) -> None:
    capture = Capture()
    capture.chunk(chunk)
    assert capture.said() is None


@given(st.binary(max_size=200), st.sampled_from(list(DIALECTS)))
def test_no_bytes_make_it_raise(data: bytes, wire: str) -> None:
    for form in (Capture.body, Capture.chunk):
        capture = Capture(wire)
        form(capture, b"data: " + data + b"\n\n" if form is Capture.chunk else data)
        capture.said()
    capture = Capture(wire)
    capture.chunk(b"[" + data)
    capture.said()


def test_calls_are_kept() -> None:
    capture = Capture()
    capture.event(ToolCallDelta(0, '{"a":', "c1", "f"))
    capture.event(ToolCallDelta(0, "1}"))
    said = capture.said()
    assert said is not None
    assert tuple(map(tuple, said.calls)) == (("f", '{"a":1}'),)


def test_what_is_too_long_or_nothing_is_none() -> None:
    assert Capture().said() is None
    for add in (Capture.body, Capture.chunk):
        capture = Capture()
        add(capture, b"x" * (MOST_BYTES + 1))
        assert capture.said() is None
    capture = Capture()
    capture.body(b"<html>")
    assert capture.said() is None
