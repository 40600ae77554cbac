"""An answer's content, in whatever form it comes."""

from __future__ import annotations

from agent_models.completion import Stop, TextDelta, ToolCallDelta
from agent_router.capture import MOST_BYTES, Capture

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
