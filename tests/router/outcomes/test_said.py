"""What an answer said, out of every form."""

# ruff: noqa: E501 - an event is easier to read in one line

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Stop, TextDelta, ToolCallDelta
from agent_router.outcomes.said import said_in_body, said_in_events, said_in_stream

BODY = (
    b'{"choices":[{"message":{"content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},'
    b'"finish_reason":"tool_calls"}]}'
)
STREAM = (
    b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\\"a\\""}}]}}]}\n\n'
    b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":"tool_calls"}]}\n\n'
    b"data: [DONE]\n\n"
)


def test_every_form_says_the_same() -> None:
    events = said_in_events([ToolCallDelta(0, '{"a"', "c", "f"), ToolCallDelta(0, ":1}"), Stop("tool_calls")])
    for said in (events, said_in_body(BODY), said_in_stream(STREAM)):
        assert said is not None
        assert (said.text, tuple(map(tuple, said.calls)), said.stop) == ("", (("f", '{"a":1}'),), "tool_calls")


def test_text_in_parts_is_one() -> None:
    said = said_in_body(
        b'{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}'
    )
    assert said is not None
    assert said.text == "ab"
    assert said_in_events([TextDelta("a"), TextDelta("b")]).text == "ab"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"choices":[]}', b'{"choices":[{"message":7}]}', b'{"error":{}}'])
def test_what_is_no_answer_is_none(body: bytes) -> None:
    assert said_in_body(body) is None


def test_a_stream_that_says_it_failed_is_none() -> None:
    assert said_in_stream(b'data: {"error":{"message":"x"}}\n\n') is None
    assert said_in_stream(b"data: [DONE]\n\n") is None


@given(st.binary(max_size=200))
def test_no_bytes_make_them_raise(data: bytes) -> None:
    said_in_body(data)
    said_in_stream(b"data: " + data + b"\n\n")
