"""Chat bodies become requests that no dialect knows of, and say so where they cannot."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import (
    CompletionRequest,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Text,
    Tool,
    ToolCall,
)
from agent_router.errors import ApiError
from agent_router.wire.chat.body import read
from agent_router.wire.chat.parse import completion_request

USER = {"role": "user", "content": "hi"}


def parsed(*messages: dict[str, Any], **fields: Any) -> CompletionRequest:
    raw = json.dumps({"model": "auto", "messages": list(messages) or [USER], **fields}).encode()
    request = completion_request(read(raw))
    # It crosses a pipe to the engine's process.
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=CompletionRequest) == request
    return request


def refused(*messages: dict[str, Any], **fields: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parsed(*messages, **fields)
    assert (caught.value.status, caught.value.code) == (400, "unsupported_parameter")
    return caught.value


def test_the_least() -> None:
    assert parsed() == CompletionRequest(messages=(Message("user", (Text("hi"),)),))


def test_messages() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    request = parsed(
        {"role": "developer", "content": "a"},
        {"role": "system", "content": "b", "name": "n"},
        {"role": "user", "content": [{"type": "text", "text": "c"},
                                     {"type": "image_url", "image_url": {"url": "https://x/y", "detail": "low"}}]},
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "hm"},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "d"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "refusal": "never"},
        {"role": "assistant", "content": ""},
    )  # fmt: skip
    assert request.messages == (
        Message("system", (Text("a"),)),
        Message("system", (Text("b"),), name="n"),
        Message("user", (Text("c"), Image("https://x/y", "low"))),
        Message("assistant", (), (ToolCall("c1", "f", '{"a":1}'),), reasoning="hm"),
        Message("tool", (Text("d"),), tool_call_id="c1"),
        Message("assistant", (Text("no"),)),
        Message("assistant", (Text("never"),)),
        Message("assistant", (Text(""),)),
    )


def test_tools() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1, "x", None]}}}
    request = parsed(
        tools=[
            {"type": "function", "function": {"name": "f", "description": "F.", "parameters": schema, "strict": True}},
            {"type": "function", "function": {"name": "g"}},
        ],
        tool_choice={"type": "function", "function": {"name": "g"}},
        parallel_tool_calls=False,
    )
    assert request.tools == (Tool("f", "F.", schema, True), Tool("g"))
    assert request.tool_choice == NamedTool("g")
    assert request.parallel_tool_calls is False
    assert parsed(tool_choice=None).tool_choice == "auto"
    assert parsed(tool_choice="none").tool_choice == "none"
    assert parsed(tools=[], parallel_tool_calls=None).parallel_tool_calls is True


def test_sampling() -> None:
    request = parsed(
        temperature=0.5, top_p=0.9, seed=7, stop="x", max_tokens=5, max_completion_tokens=6, frequency_penalty=1,
        presence_penalty=-1, logit_bias={"15": -100}, reasoning_effort="low", user="u",
    )  # fmt: skip
    assert request == CompletionRequest(
        messages=request.messages, temperature=0.5, top_p=0.9, seed=7, stop=("x",), max_tokens=6, frequency_penalty=1,
        presence_penalty=-1, logit_bias={15: -100}, reasoning_effort="low", user="u",
    )  # fmt: skip
    assert parsed(stop=["a", "b"]).stop == ("a", "b")
    assert parsed(stop=None).stop == ()


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [({}, None), ({"logprobs": False}, None), ({"logprobs": True}, 0), ({"logprobs": True, "top_logprobs": 3}, 3)],
)
def test_logprobs(fields: dict[str, Any], wanted: int | None) -> None:
    assert parsed(**fields).top_logprobs == wanted


@pytest.mark.parametrize(
    ("format", "wanted"),
    [
        (None, OutputFormat()),
        ({"type": "text"}, OutputFormat("text")),
        ({"type": "json_object"}, OutputFormat("json_object")),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, OutputFormat("json_schema", "x")),
        ({"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"type": "object"}}},
         OutputFormat("json_schema", "x", {"type": "object"}, True)),
    ],
)  # fmt: skip
def test_output_formats(format: Any, wanted: OutputFormat) -> None:
    assert parsed(response_format=format).output_format == wanted


@pytest.mark.parametrize(
    ("messages", "fields", "param"),
    [
        ([], {"functions": []}, "functions"),
        ([], {"function_call": "auto"}, "function_call"),
        ([], {"audio": {"voice": "x"}}, "audio"),
        ([], {"modalities": ["text", "audio"]}, "modalities"),
        ([], {"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ([], {"tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ([USER, {"role": "function", "name": "f", "content": "x"}], {}, "messages[1].role"),
        ([{"role": "user", "content": [{"type": "file", "file": {}}]}], {}, "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "input_audio"}]}], {}, "messages[0].content[0].type"),
        ([{"role": "assistant", "tool_calls": [{"id": "c", "type": "mcp"}]}], {},
         "messages[0].tool_calls"),
    ],
)  # fmt: skip
def test_what_only_openais_dialect_can_say(messages: list[dict[str, Any]], fields: dict[str, Any], param: str) -> None:
    assert refused(*messages, **fields).param == param


def test_text_is_the_default_modality() -> None:
    parsed(modalities=["text"])


@given(
    st.lists(
        st.builds(
            lambda role, content: {"role": role, "content": content},
            st.sampled_from(["user", "system", "developer", "assistant"]),
            st.text() | st.lists(st.builds(lambda text: {"type": "text", "text": text}, st.text()), max_size=3),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_no_text_is_lost(messages: list[dict[str, Any]]) -> None:
    texts = [
        content if isinstance(content := message["content"], str) else "".join(part["text"] for part in content)
        for message in messages
    ]
    made = parsed(*messages).messages
    assert ["".join(part.text for part in message.content if isinstance(part, Text)) for message in made] == texts


def test_what_other_servers_of_the_dialect_take_is_understood() -> None:
    image = {"type": "image_url", "image_url": "https://example.com/a.png"}
    tool = {"type": "function", "function": {"name": "f"}}
    request = parsed({"role": "user", "content": [image]}, tools=[tool], tool_choice="any")
    assert request.messages[0].content == (Image("https://example.com/a.png"),)
    assert request.tool_choice == "required"
