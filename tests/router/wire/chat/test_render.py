"""Whole answers and errors, strict by the types of the official client."""

from __future__ import annotations

import json
from typing import Any

from openai.types import ErrorObject
from openai.types.chat import ChatCompletion

from agent_models.completion import (
    Event,
    ReasoningDelta,
    Stop,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    TopLogprob,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.wire.chat.render import Answer, error_body, usage_object


def answer(*events: Event) -> tuple[dict[str, Any], ChatCompletion]:
    collected = Answer("chatcmpl-1", "m", 1_800_000_000)
    for event in events:
        collected.add(event)
    body = json.loads(collected.body())
    return body, ChatCompletion.model_validate(body, strict=True)


def test_text() -> None:
    body, completion = answer(TextDelta("a"), TextDelta("b"), Stop("length"), Usage(3, 2, 4, 5, 1))
    assert completion.choices[0].message.content == "ab"
    assert completion.choices[0].finish_reason == "length"
    assert (body["id"], body["object"], body["created"], body["model"]) == (
        "chatcmpl-1",
        "chat.completion",
        1_800_000_000,
        "m",
    )
    assert body["choices"][0]["message"]["refusal"] is None
    assert body["choices"][0]["logprobs"] is None


def test_usage_includes_cached_tokens_and_reasoning() -> None:
    usage = answer(Stop("stop"), Usage(3, 9, cache_read=4, cache_write=5, reasoning=2))[1].usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (12, 9, 21)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 4
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 2
    assert usage_object(Usage(0, 0))["total_tokens"] == 0


def test_unknown_usage_is_not_zero() -> None:
    body, completion = answer(TextDelta("a"), Stop("stop"))
    assert "usage" not in body
    assert completion.usage is None


def test_tool_calls() -> None:
    body, completion = answer(
        ToolCallDelta(1, id="c2", name="g"),
        ToolCallDelta(0, id="c1", name="f"),
        ToolCallDelta(0, '{"a":'),
        ToolCallDelta(1, "{}"),
        ToolCallDelta(0, "1}"),
        Stop("tool_calls"),
    )
    calls = completion.choices[0].message.tool_calls
    assert calls is not None
    assert [call.model_dump() for call in calls] == [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    assert body["choices"][0]["message"]["content"] is None
    assert answer(TextDelta("t"), ToolCallDelta(0, "{}", "c", "f"))[1].choices[0].message.content == "t"


def test_reasoning_has_a_field_of_its_own() -> None:
    message = answer(ReasoningDelta("h"), ReasoningDelta("m"), TextDelta("a"), Stop("stop"))[0]["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("hm", "a")


def test_an_empty_answer() -> None:
    assert answer(Stop("content_filter"))[1].choices[0].message.content == ""


def test_logprobs() -> None:
    token = TokenLogprob("a", -0.5, (97,), (TopLogprob("a", -0.5, (97,)), TopLogprob("b", -1.5, (98,))))
    logprobs = answer(TextDelta("a", (token,)), Stop("stop"))[1].choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert logprobs.content[0].bytes == [97]
    assert [top.token for top in logprobs.content[0].top_logprobs] == ["a", "b"]


def test_errors() -> None:
    error = ApiError(400, "No.", kind="invalid_request_error", code="c", param="messages[0]")
    body = json.loads(error_body(error))
    assert body == {"error": {"message": "No.", "type": "invalid_request_error", "param": "messages[0]", "code": "c"}}
    ErrorObject.model_validate(body["error"], strict=True)
    assert json.loads(error_body(ApiError(500, 'quote " and \n')))["error"]["message"] == 'quote " and \n'
