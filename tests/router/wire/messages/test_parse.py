"""What Anthropic's bodies say, free of their dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import CompletionRequest, File, Image, Message, NamedTool, OutputFormat, Text, ToolCall
from agent_router.errors import ApiError
from agent_router.wire.messages.wire import MessagesWire


def parsed(*messages: Any, **more: Any) -> CompletionRequest:
    body = {"model": "m", "max_tokens": 9, "messages": messages or [{"role": "user", "content": "hi"}], **more}
    return MessagesWire().read(json.dumps(body).encode(), {}).completion


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def test_a_result_is_a_message_of_its_own_and_stands_before_what_is_said_with_it() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "r", "is_error": True}
    request = parsed(
        user({"type": "text", "text": "go"}),
        {"role": "assistant", "content": [{"type": "text", "text": "so"}, call]},
        user({"type": "text", "text": "and"}, result),
    )
    assert request.messages == (
        Message("user", (Text("go"),)),
        Message("assistant", (Text("so"),), (ToolCall("t1", "f", '{"a":1}'),)),
        Message("tool", (Text("r"),), tool_call_id="t1", failed=True),
        Message("user", (Text("and"),)),
    )


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        ({"type": "image", "source": {"type": "url", "url": "https://a/b.png"}}, Image("https://a/b.png")),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            Image("data:image/png;base64,aGk="),
        ),
        (
            {"type": "document", "title": "t", "source": {"type": "url", "url": "https://a/b.pdf"}},
            File("https://a/b.pdf", "t"),
        ),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}, Text("d")),
        ({"type": "document", "source": {"type": "content", "content": "c"}}, Text("c")),
        ({"type": "compaction", "content": "What was said."}, Text("What was said.")),
    ],
)
def test_what_a_message_may_hold(block: dict[str, Any], wanted: Any) -> None:
    assert parsed(user(block)).messages[0].content == (wanted,)


def test_thoughts_are_kept_only_if_the_router_told_them() -> None:
    thoughts = [
        {"type": "thinking", "thinking": "ours", "signature": "agent-router"},
        {"type": "thinking", "thinking": "another's", "signature": "EqQBCg=="},
        {"type": "redacted_thinking", "data": "sealed"},
        {"type": "text", "text": "so"},
    ]
    request = parsed(user({"type": "text", "text": "x"}), {"role": "assistant", "content": thoughts}, user())
    assert request.messages[1] == Message("assistant", (Text("so"),), reasoning="ours")


@pytest.mark.parametrize(
    ("choice", "wanted", "parallel"),
    [
        ({"type": "auto"}, "auto", True),
        ({"type": "any", "disable_parallel_tool_use": True}, "required", False),
        ({"type": "tool", "name": "f"}, NamedTool("f"), True),
        ({"type": "none"}, "none", True),
    ],
)
def test_the_choice_of_tools(choice: dict[str, Any], wanted: Any, parallel: bool) -> None:
    tools = [{"name": "f", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}]
    request = parsed(tools=tools, tool_choice=choice)
    assert (request.tool_choice, request.parallel_tool_calls) == (wanted, parallel)
    assert [tool.name for tool in request.tools] == ["f"]  # one that only Anthropic's models know is left out


def test_a_last_message_of_the_models_own_is_the_beginning_of_its_answer() -> None:
    assert parsed(user({"type": "text", "text": "x"}), {"role": "assistant", "content": "Sure:"}).continues
    assert not parsed().continues


def test_everything_else_that_can_be_said() -> None:
    request = parsed(
        system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "b"}],
        stop_sequences=["x"],
        temperature=0.5,
        top_p=0.25,
        top_k=7,
        thinking={"type": "enabled", "budget_tokens": 2048},
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        metadata={"user_id": "u"},
    )
    assert request.messages[0] == Message("system", (Text("a"), Text("b")))
    assert (request.stop, request.temperature, request.top_p, request.top_k) == (("x",), 0.5, 0.25, 7)
    assert (request.reasoning_tokens, request.reasoning_effort, request.user) == (2048, "high", "u")
    assert request.output_format == OutputFormat("json_schema", "answer", {"type": "object"})
    assert parsed(thinking={"type": "disabled"}).reasoning_effort == "none"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": [user({"type": "image", "source": {"type": "file", "file_id": "f"}})]}, "messages.0.content.0"),
        ({"messages": [user({"type": "hologram"})]}, "messages.0.content.0"),
        ({"output_config": {"format": {"type": "grammar"}}}, "output_config.format"),
        (
            {"tools": [{"type": "bash_20250124", "name": "bash"}], "tool_choice": {"type": "tool", "name": "bash"}},
            "tool_choice",
        ),
    ],
)
def test_what_no_other_side_can_say_is_refused_by_its_name(body: dict[str, Any], param: str) -> None:
    sent = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **body}
    call = MessagesWire().read(json.dumps(sent).encode(), {})  # an upstream of its own dialect may know it
    with pytest.raises(ApiError) as refused:
        call.completion  # noqa: B018
    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize(
    ("user_id", "session"),
    [
        ("user_ab_account__session_0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        (
            '{"device_id":"x","session_id":"0f8fad5b-d9cb-469f-a165-70867728950e"}',
            "0f8fad5b-d9cb-469f-a165-70867728950e",
        ),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", ""),  # a user's, not a session's
        ("somebody", ""),
    ],
)
def test_the_session_is_known(user_id: str, session: str) -> None:
    body = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}],
        "metadata": {"user_id": user_id},
    }
    assert MessagesWire().read(json.dumps(body).encode(), {}).prompt.session == session
