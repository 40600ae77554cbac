"""What responses bodies say, free of their dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import CompletionRequest, File, FreeText, Image, Message, NamedTool, Text, Tool, ToolCall
from agent_router.errors import ApiError
from agent_router.wire.responses.sealed import seal, unseal
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire


def parsed(given: Any = "hi", **more: Any) -> CompletionRequest:
    body = {"model": "m", "input": given, **more}
    return ResponsesWire(ResponseStore()).read(json.dumps(body).encode(), {}).completion


CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "r"}


def test_calls_belong_to_the_message_before_them() -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "so"}]}
    second = {**CALL, "call_id": "c2"}
    request = parsed([{"role": "user", "content": "go"}, said, CALL, second, RESULT, {**RESULT, "call_id": "c2"}])
    assert request.messages == (
        Message("user", (Text("go"),)),
        Message("assistant", (Text("so"),), (ToolCall("c1", "f", "{}"), ToolCall("c2", "f", "{}"))),
        Message("tool", (Text("r"),), tool_call_id="c1"),
        Message("tool", (Text("r"),), tool_call_id="c2"),
    )


def test_what_is_said_behind_a_call_does_not_come_between_it_and_its_result() -> None:
    request = parsed([{"role": "user", "content": "go"}, CALL, {"role": "assistant", "content": "wait"}, RESULT])
    assert [message.role for message in request.messages] == ["user", "assistant", "tool"]
    assert request.messages[1] == Message("assistant", (Text("wait"),), (ToolCall("c1", "f", "{}"),))


def test_instructions_and_developers_are_the_system() -> None:
    request = parsed([{"role": "developer", "content": "d"}, {"role": "user", "content": "u"}], instructions="i")
    assert [message.role for message in request.messages] == ["system", "system", "user"]


def test_every_kind_of_part() -> None:
    parts = [
        {"type": "input_text", "text": "t"},
        {"type": "input_image", "image_url": "https://a/b.png", "detail": "low"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "aGk="},
        {"type": "input_file", "file_url": "https://a/b.pdf"},
    ]
    assert parsed([{"role": "user", "content": parts}]).messages[0].content == (
        Text("t"),
        Image("https://a/b.png", "low"),
        File("data:application/pdf;base64,aGk=", "a.pdf"),
        File("https://a/b.pdf"),
    )


def test_thoughts_are_kept_only_if_the_router_told_them() -> None:
    def thought(**fields: Any) -> dict[str, Any]:
        return {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], **fields}

    answer = {"role": "assistant", "content": "so"}
    for fields, kept in (
        ({"id": "rs_ar12"}, "hm"),
        ({"encrypted_content": seal("ours")}, "ours"),
        ({"id": "rs_68a", "encrypted_content": "Z0FBQUFB"}, None),
        ({}, None),
    ):
        request = parsed(
            [{"role": "user", "content": "x"}, thought(**fields), answer, {"role": "user", "content": "y"}]
        )
        assert request.messages[1] == Message("assistant", (Text("so"),), reasoning=kept)


def test_tools_of_every_kind() -> None:
    request = parsed(
        tools=[
            {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True},
            {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "s"}},
            {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "h"}]},
            {"type": "web_search"},
            {"type": "local_shell"},
        ],
        tool_choice={"type": "function", "name": "h"},
    )
    assert request.tools == (
        Tool("f", "d", {"type": "object"}, True),
        Tool("g", custom=FreeText("lark", "s")),
        Tool("n__h"),
    )
    assert request.tool_choice == NamedTool("n__h")


def test_calls_of_tools_that_the_client_runs_itself_are_calls() -> None:
    shell = {"type": "local_shell_call", "call_id": "c9", "action": {"type": "exec", "command": ["ls"]}}
    result = {"type": "local_shell_call_output", "call_id": "c9", "output": "files"}
    request = parsed([{"role": "user", "content": "x"}, shell, result])
    assert request.messages[1].tool_calls == (ToolCall("c9", "local_shell", '{"type":"exec","command":["ls"]}'),)
    assert request.messages[2] == Message("tool", (Text("files"),), tool_call_id="c9")


def test_fields_that_the_other_dialects_share_are_kept() -> None:
    request = parsed(
        text={"verbosity": "low", "format": {"type": "json_object"}},
        reasoning={"effort": "high"},
        max_output_tokens=9,
        top_logprobs=3,
        truncation="auto",
        metadata={"a": "b"},
        service_tier="flex",
        user="u",
        parallel_tool_calls=False,
    )
    assert (request.verbosity, request.output_format.kind, request.reasoning_effort) == ("low", "json_object", "high")
    assert (request.max_tokens, request.top_logprobs, request.truncate, request.user) == (9, 3, True, "u")
    assert request.notes == {"metadata": {"a": "b"}, "service_tier": "flex"}
    assert not request.parallel_tool_calls


@pytest.mark.parametrize(
    ("given", "more", "param"),
    [
        ("x", {"conversation": "conv_1"}, "conversation"),
        ("x", {"background": True}, "background"),
        (None, {"prompt": {"id": "p"}}, "prompt"),
        ("x", {"tool_choice": {"type": "web_search"}, "tools": [{"type": "web_search"}]}, "tool_choice"),
        ([{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}], {}, "input[0].content[0]"),
        ([{"role": "user", "content": [{"type": "input_audio"}]}], {}, "input[0].content[0]"),
        ([{"type": "compaction", "encrypted_content": "Z0FBQUFB"}], {}, "input[0].encrypted_content"),
        ([{"type": "hologram"}], {}, "input[0].type"),
        ([RESULT], {}, "input[0].call_id"),
        ([], {}, "input"),
    ],
)
def test_what_no_other_side_can_say_is_refused_by_its_name(given: Any, more: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as refused:
        parsed(given, **more)
    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize("text", ["", "a thought", "ünïcode \N{GRINNING FACE}"])
def test_what_is_sealed_is_unsealed(text: str) -> None:
    assert unseal(seal(text)) == (text, False)
    assert unseal(seal(text, private=True)) == (text, True)


@pytest.mark.parametrize("content", [None, "", "!", "Z0FBQUFB", "YWdlbnQ="])
def test_what_others_sealed_stays_so(content: str | None) -> None:
    assert unseal(content) is None
