"""A whole answer told as a stream."""

from __future__ import annotations

import json
from typing import Any

from openai.types.chat import ChatCompletionChunk

from agent_router.upstreams.chat.unstreamed import as_stream
from agent_router.upstreams.event_boundary import data_of

HEAD = {"id": "c1", "object": "chat.completion", "created": 5, "model": "m"}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def chunks(message: Any, *, include_usage: bool = True, **choice: Any) -> list[dict[str, Any]]:
    answer = {**HEAD, "choices": [{"index": 0, "message": message, **choice}], "usage": USAGE, "x_extra": [1]}
    *data, done = data_of(as_stream(answer, include_usage=include_usage))
    assert done == b"[DONE]"
    events = [json.loads(each) for each in data]
    for event in events:
        ChatCompletionChunk.model_validate(event, strict=True)
        assert event["object"] == "chat.completion.chunk"
        assert event["x_extra"] == [1]
    return events


def test_text() -> None:
    first, last, usage = chunks({"role": "assistant", "content": "hi", "reasoning_content": "r"}, finish_reason="stop")
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "hi", "reasoning_content": "r"}
    assert first["choices"][0]["finish_reason"] is None
    assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert (usage["choices"], usage["usage"]) == ([], USAGE)
    assert first["usage"] is None


def test_tool_calls_get_the_index_that_clients_need() -> None:
    calls = [{"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for n in range(2)]
    first, last, _ = chunks({"role": "assistant", "content": None, "tool_calls": calls})
    assert [call["index"] for call in first["choices"][0]["delta"]["tool_calls"]] == [0, 1]
    assert [call["id"] for call in first["choices"][0]["delta"]["tool_calls"]] == ["call_0", "call_1"]
    assert last["choices"][0]["finish_reason"] == "tool_calls"  # the server did not say


def test_usage_only_where_it_was_asked_for() -> None:
    events = chunks({"content": "hi"}, include_usage=False, finish_reason="length")
    assert len(events) == 2
    assert all("usage" not in event for event in events)


def test_odd_answers_do_not_raise() -> None:
    for choice in (None, 5, {}, {"message": None}, {"message": 5}, {"message": {"tool_calls": [None, 5]}}):
        as_stream({"choices": [choice]}, include_usage=True)
