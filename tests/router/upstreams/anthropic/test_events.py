"""Anthropic's answers become events."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Event, ReasoningDelta, Stop, TextDelta, ToolCallDelta, Usage
from agent_router.upstreams.anthropic.events import REASONS, AnswerReader
from agent_router.upstreams.reader import ErrorEventError


def read(*events: dict[str, Any]) -> tuple[AnswerReader, list[Event]]:
    reader = AnswerReader()
    return reader, [made for event in events for made in reader.read(json.dumps(event).encode())]


def whole(**message: Any) -> tuple[AnswerReader, list[Event]]:
    reader = AnswerReader()
    return reader, list(reader.read_whole(json.dumps({"type": "message", **message}).encode()))


def start(**usage: Any) -> dict[str, Any]:
    return {"type": "message_start", "message": {"model": "claude", "usage": usage}}


def block(index: int, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index: int, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": content}


def close(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def end(reason: str | None = "end_turn", **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def test_text_and_thinking() -> None:
    reader, events = read(
        start(input_tokens=3, output_tokens=1),
        {"type": "ping"},
        block(0, type="thinking", thinking=""),
        delta(0, type="thinking_delta", thinking="hm"),
        delta(0, type="signature_delta", signature="x"),
        close(0),
        block(1, type="redacted_thinking", data="x"),
        close(1),
        block(2, type="text", text=""),
        delta(2, type="text_delta", text="a"),
        delta(2, type="citations_delta", citation={}),
        close(2),
        end(output_tokens=9),
        {"type": "message_stop"},
    )
    assert events == [ReasoningDelta("hm"), TextDelta("a"), Stop("stop")]
    assert reader.usage == Usage(3, 9)
    assert (reader.model, reader.finished, reader.ended) == ("claude", True, True)


def test_tool_calls() -> None:
    _, events = read(
        start(),
        block(0, type="text", text="Let me see."),
        close(0),
        block(1, type="tool_use", id="t1", name="look", input={}),
        delta(1, type="input_json_delta", partial_json=""),
        delta(1, type="input_json_delta", partial_json='{"a":'),
        delta(1, type="input_json_delta", partial_json="1}"),
        close(1),
        block(2, type="tool_use", id="t2", name="stop", input={}),
        delta(2, type="input_json_delta", partial_json=""),
        close(2),
        end("tool_use"),
    )
    assert events == [
        TextDelta("Let me see."),
        ToolCallDelta(0, id="t1", name="look"),
        ToolCallDelta(0, '{"a":'),
        ToolCallDelta(0, "1}"),
        ToolCallDelta(1, id="t2", name="stop"),
        ToolCallDelta(1, "{}"),  # no arguments at all would be no JSON
        Stop("tool_calls"),
    ]


def test_an_input_that_comes_at_once_or_is_never_closed() -> None:
    _, events = read(start(), block(0, type="tool_use", id="t", name="f", input={"a": 1}), end("tool_use"))
    assert events == [ToolCallDelta(0, id="t", name="f"), ToolCallDelta(0, '{"a":1}'), Stop("tool_calls")]


def test_a_call_without_an_id_gets_one() -> None:
    _, events = read(block(0, type="tool_use", name="f"))
    assert events == [ToolCallDelta(0, id="call_0", name="f")]


@pytest.mark.parametrize(("theirs", "ours"), [*REASONS.items(), ("something new", "stop")])
def test_reasons(theirs: str, ours: str) -> None:
    assert read(end(theirs))[1] == [Stop(ours)]  # type: ignore[arg-type]
    assert whole(content=[], stop_reason=theirs)[1] == [Stop(ours)]  # type: ignore[arg-type]


def test_exactly_one_stop() -> None:
    assert read(end("end_turn"), end("end_turn"), end(None))[1] == [Stop("stop")]


def test_the_two_parts_of_the_usage() -> None:
    reader, _ = read(
        start(input_tokens=10, cache_read_input_tokens=5, cache_creation_input_tokens=2, output_tokens=1,
              cache_creation={"ephemeral_5m_input_tokens": 2}, service_tier="standard"),
        end(output_tokens=40, output_tokens_details={"thinking_tokens": 30}),
    )  # fmt: skip
    assert reader.usage == Usage(10, 40, cache_read=5, cache_write=2, reasoning=30)


def test_what_is_kept_for_an_hour_is_a_part_of_what_is_written() -> None:
    def written(**told: Any) -> Usage | None:
        return read(start(input_tokens=10, output_tokens=1, **told))[0].usage

    kept = {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}
    assert written(cache_creation_input_tokens=5, cache_creation=kept) == Usage(10, 1, cache_write=5, cache_write_1h=3)
    assert written(cache_creation_input_tokens=2, cache_creation=kept) == Usage(10, 1, cache_write=2, cache_write_1h=2)
    assert written(cache_creation=None) == Usage(10, 1)


def test_totals_are_repeated_not_added() -> None:
    reader, _ = read(
        start(input_tokens=10, output_tokens=1), end(None, input_tokens=10, output_tokens=4), end(output_tokens=9)
    )
    assert reader.usage == Usage(10, 9)
    reader, _ = read(start(input_tokens=0, output_tokens=0), end(input_tokens=10, output_tokens=4))
    assert reader.usage == Usage(10, 4)
    reader, _ = read(start(input_tokens=10, output_tokens=1), end(input_tokens=0, output_tokens=4))
    assert reader.usage == Usage(10, 4)


def test_usage_of_a_stream_that_was_left_is_what_was_seen() -> None:
    reader, _ = read(start(input_tokens=10, output_tokens=1), block(0, type="text", text="a"))
    assert reader.usage == Usage(10, 1)


@pytest.mark.parametrize(
    "usage", [{}, {"input_tokens": 3}, {"output_tokens": 3}, {"input_tokens": None, "output_tokens": True}]
)
def test_unknown_usage_is_none(usage: dict[str, Any]) -> None:
    assert read(start(**usage))[0].usage is None
    assert whole(content=[], usage=usage)[0].usage is None


def test_a_whole_message() -> None:
    reader, events = whole(
        model="claude", stop_reason="tool_use", usage={"input_tokens": 3, "output_tokens": 4},
        content=[{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"},
                 {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1]}},
                 {"type": "tool_use", "id": "u", "name": "g", "input": {}}],
    )  # fmt: skip
    assert events == [
        ReasoningDelta("hm"),
        TextDelta("a"),
        ToolCallDelta(0, id="t", name="f"),
        ToolCallDelta(0, '{"a":[1]}'),
        ToolCallDelta(1, id="u", name="g"),
        ToolCallDelta(1, "{}"),
        Stop("tool_calls"),
    ]
    assert (reader.usage, reader.model) == (Usage(3, 4), "claude")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b'{"content":null}', b'{"content":["a"]}', b"<html>",
     b'{"content":[{"type":"text","text":5}]}'],
)  # fmt: skip
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        list(AnswerReader().read_whole(data))


def test_an_error_is_no_message() -> None:
    with pytest.raises(ErrorEventError):
        list(AnswerReader().read_whole(b'{"type":"error","error":{}}'))


@pytest.mark.parametrize(
    ("error", "words"),
    [({"type": "overloaded_error", "message": "m"}, "overloaded_error"), ({}, "error"), (None, "error")],
)
def test_an_error_event(error: Any, words: str) -> None:
    with pytest.raises(ErrorEventError, match=words):
        read({"type": "error", "error": error})


def test_text_that_is_no_unicode() -> None:
    reader = AnswerReader()
    data = b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\xff"}}'
    assert list(reader.read(data)) == [TextDelta("a\ufffd")]


WORDS = ["type", "index", "delta", "content_block", "message", "usage", "error", "text", "partial_json", "input",
         "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
         "tool_use", "text_delta", "input_json_delta", "stop_reason", "content", "input_tokens"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.integers() | st.booleans() | st.sampled_from(WORDS) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=4), st.binary(max_size=20))
def test_nothing_else_is_raised(values: list[Any], noise: bytes) -> None:
    reader = AnswerReader()
    for data in (*(json.dumps(value).encode() for value in values), noise):
        for reading in (reader.read, reader.read_whole):
            try:
                for event in reading(data):
                    msgspec.json.encode(event)
            except (msgspec.DecodeError, ErrorEventError):
                pass
    _ = reader.usage
