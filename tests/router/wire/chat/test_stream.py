"""Streams, strict by the types of the official client and by its own accumulator."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from agent_models.completion import (
    Event,
    ReasoningDelta,
    Stop,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.upstreams.event_boundary import EventBoundary, data_of
from agent_router.wire.chat.render import Answer
from agent_router.wire.chat.stream import DONE, KEEP_ALIVE, ChunkStream, error_event


def streamed(*events: Event, include_usage: bool = True) -> list[dict[str, Any]]:
    """The chunks' objects; every call gives whole events."""
    stream = ChunkStream("chatcmpl-1", "m", 1_800_000_000, include_usage=include_usage)
    raw = b""
    for event in events:
        block = stream.add(event)
        assert EventBoundary().feed(block) == block
        raw += block
    raw += stream.end()
    assert raw.endswith(DONE)
    assert raw.count(b"[DONE]") == 1
    bodies = [json.loads(data) for data in data_of(raw) if data != b"[DONE]"]
    for body in bodies:
        ChatCompletionChunk.model_validate(body, strict=True)
    return bodies


def deltas(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [choice["delta"] for body in bodies for choice in body["choices"]]


def test_text() -> None:
    bodies = streamed(TextDelta("a"), TextDelta("b"), Stop("stop"), Usage(3, 2))
    assert deltas(bodies) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "a"},
        {"content": "b"},
        {},
    ]
    assert [body["choices"][0]["finish_reason"] for body in bodies[:-1]] == [None, None, None, "stop"]
    assert bodies[-1]["choices"] == []
    assert bodies[-1]["usage"]["total_tokens"] == 5
    assert all(body["usage"] is None for body in bodies[:-1])
    assert {body["object"] for body in bodies} == {"chat.completion.chunk"}


def test_usage_only_where_it_was_asked_for_and_known() -> None:
    assert all("usage" not in body for body in streamed(TextDelta("a"), Stop("stop"), Usage(3, 2), include_usage=False))
    assert all(body["choices"] for body in streamed(TextDelta("a"), Stop("stop")))


def test_every_delta_of_a_tool_call_has_its_index_and_the_first_its_id() -> None:
    bodies = streamed(
        ToolCallDelta(0, id="c1", name="f"),
        ToolCallDelta(0, "{}"),
        ToolCallDelta(1, "{}", "c2", "g"),
        Stop("tool_calls"),
    )
    calls = [delta["tool_calls"][0] for delta in deltas(bodies) if "tool_calls" in delta]
    assert calls == [
        {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}},
        {"index": 0, "function": {"arguments": "{}"}},
        {"index": 1, "id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


def test_reasoning_and_logprobs() -> None:
    bodies = streamed(ReasoningDelta("hm"), TextDelta("a", (TokenLogprob("a", -1.0, (97,)),)), Stop("stop"))
    assert {"reasoning_content": "hm"} in deltas(bodies)
    assert bodies[2]["choices"][0]["logprobs"]["content"][0]["bytes"] == [97]


def test_an_answer_that_is_only_an_end_has_a_role() -> None:
    assert deltas(streamed(Stop("stop")))[0]["role"] == "assistant"


def test_an_error_event_is_one_event() -> None:
    event = error_event(ApiError(502, "Broke\n\noff.", kind="upstream_error", code="stream_cut"))
    (data,) = data_of(event)
    assert EventBoundary().feed(event) == event
    assert json.loads(data)["error"]["message"] == "Broke\n\noff."


def test_a_keep_alive_is_a_comment() -> None:
    assert list(data_of(KEEP_ALIVE)) == []
    assert EventBoundary().feed(KEEP_ALIVE) == KEEP_ALIVE


CALLS = st.lists(
    st.tuples(st.text(min_size=1, max_size=5), st.lists(st.text(max_size=5), max_size=3)), max_size=3
)  # name, pieces of arguments


@given(st.lists(st.text(min_size=1)), CALLS, st.sampled_from(["stop", "length", "tool_calls", "content_filter"]))
def test_the_official_accumulator_reads_what_the_whole_answer_says(
    words: list[str], calls: list[tuple[str, list[str]]], reason: Any
) -> None:
    events: list[Event] = [TextDelta(word) for word in words]
    for index, (name, pieces) in enumerate(calls):
        events.append(ToolCallDelta(index, id=f"call_{index}", name=name))
        events += [ToolCallDelta(index, piece) for piece in pieces]
    events += [Stop(reason), Usage(3, 9, cache_read=2, reasoning=1)]
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
    for body in streamed(*events):
        state.handle_chunk(ChatCompletionChunk.model_validate(body))
    told = state.current_completion_snapshot
    whole = Answer("chatcmpl-1", "m", 1_800_000_000)
    for event in events:
        whole.add(event)
    expected = ChatCompletion.model_validate_json(whole.body())
    assert (told.choices[0].message.content or "") == (expected.choices[0].message.content or "")
    assert told.choices[0].finish_reason == reason
    assert told.usage == expected.usage
    said = [(c.id, c.function.name, c.function.arguments) for c in told.choices[0].message.tool_calls or ()]
    wanted = [(c.id, c.function.name, c.function.arguments) for c in expected.choices[0].message.tool_calls or ()]  # type: ignore[union-attr]
    assert said == wanted
