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
        {"type": "input_file", "filename": "a.txt", "file_data": "aGk="},
        {"type": "input_file", "file_data": "aGk="},
    ]
    assert parsed([{"role": "user", "content": parts}]).messages[0].content == (
        Text("t"),
        Image("https://a/b.png", "low"),
        File("data:application/pdf;base64,aGk=", "a.pdf"),
        File("https://a/b.pdf"),
        File("data:text/plain;base64,aGk=", "a.txt"),
        File("data:application/pdf;base64,aGk="),
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


SCREEN = {"type": "computer_screenshot", "image_url": "data:image/png;base64,AAAA"}


@pytest.mark.parametrize(
    ("call", "asked", "result", "told"),
    [
        (
            {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"]}},
            '{"type":"exec","command":["ls"]}',
            {"type": "local_shell_call_output", "call_id": "c9", "output": "files"},
            Message("tool", (Text("files"),), tool_call_id="c9"),
        ),
        (
            {"type": "local_shell_call", "id": "ls1", "action": {}},
            "{}",
            {"type": "local_shell_call_output", "id": "ls1", "output": "files"},
            Message("tool", (Text("files"),), tool_call_id="c9"),
        ),
        (
            {"type": "computer_call", "actions": [{"type": "click", "x": 1}]},
            '{"actions":[{"type":"click","x":1}]}',
            {"type": "computer_call_output", "call_id": "c9", "output": SCREEN},
            Message("tool", (Image(SCREEN["image_url"]),), tool_call_id="c9"),
        ),
        (
            {"type": "apply_patch_call", "operation": {"type": "delete_file"}},
            '{"type":"delete_file"}',
            {"type": "apply_patch_call_output", "call_id": "c9", "status": "failed"},
            Message("tool", (Text("failed"),), tool_call_id="c9", failed=True),
        ),
        (
            {"type": "shell_call", "action": {"commands": ["ls"]}},
            '{"commands":["ls"]}',
            {"type": "shell_call_output", "call_id": "c9", "output": [{"stdout": "a"}]},
            Message("tool", (Text('[{"stdout":"a"}]'),), tool_call_id="c9"),
        ),
    ],
)
def test_calls_of_tools_that_the_client_runs_itself_are_calls(
    call: dict[str, Any], asked: str, result: dict[str, Any], told: Message
) -> None:
    request = parsed([{"role": "user", "content": "x"}, {"call_id": "c9", **call}, result])
    name = call["type"].removesuffix("_call")
    assert request.messages[1].tool_calls == (ToolCall("c9", name, asked),)
    assert request.messages[2] == told


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "name": name}


def space(name: str, *inner: str) -> dict[str, Any]:
    return {"type": "namespace", "name": name, "tools": [function(each) for each in inner]}


def allowed(mode: str, *tools: dict[str, Any]) -> dict[str, Any]:
    return {"type": "allowed_tools", "mode": mode, "tools": [*tools]}


FILES, SEARCH, MCP = space("mcp__fs", "read", "write"), {"type": "web_search"}, {"type": "mcp", "server_label": "s"}
BOTH = [space("crm", "read"), space("erp", "read")]


@pytest.mark.parametrize(
    ("tools", "choice", "chosen", "among"),
    [
        ([function("mcp__get"), function("get")], function("get"), NamedTool("get"), None),
        ([FILES], function("read"), NamedTool("mcp__fs__read"), None),
        ([FILES, function("read")], function("read"), NamedTool("read"), None),
        (BOTH, function("erp__read"), NamedTool("erp__read"), None),
        ([{"type": "custom", "name": "p"}], function("p"), NamedTool("p"), None),
        ([FILES, function("f")], allowed("required", function("read")), "required", ("mcp__fs__read",)),
        ([FILES, function("f")], allowed("auto", FILES), "auto", ("mcp__fs__read", "mcp__fs__write")),
        ([function("f"), MCP], allowed("auto", MCP, function("f")), "auto", ("f",)),
        ([function("f"), MCP], allowed("auto", MCP), "none", None),
        ([SEARCH], "auto", "auto", None),
    ],
)
def test_a_name_means_the_tool_of_that_name_or_the_only_one_in_a_namespace(
    tools: list[Any], choice: Any, chosen: Any, among: tuple[str, ...] | None
) -> None:
    request = parsed(tools=tools, tool_choice=choice)
    assert (request.tool_choice, request.allowed_tools) == (chosen, among)


def test_tools_may_come_among_the_items() -> None:
    more = {"type": "additional_tools", "role": "developer", "tools": [function("f"), function("g"), SEARCH]}
    request = parsed([more, {"role": "user", "content": "x"}], tools=[function("f")], tool_choice=function("g"))
    assert ([tool.name for tool in request.tools], request.tool_choice) == (["f", "g"], NamedTool("g"))


def test_what_only_the_upstream_understands_passes_whatever_its_fields_are() -> None:
    odd = [
        {"type": "tool_search_call", "arguments": {"q": "x"}, "call_id": None},
        {"type": "quantum_call", "id": 1, "name": {"a": 1}, "content": 5, "output": {}},
        {"id": "msg_x"},
        {"role": "user", "content": [{"type": "hologram", "text": {}, "image_url": {}}]},
    ]
    raw = json.dumps({"model": "m", "input": odd, "tools": [{"type": "quantum", "name": {}, "tools": 5}]}).encode()
    call = ResponsesWire(ResponseStore()).read(raw, {})
    assert call.native is not None
    assert json.loads(call.native("up")) == json.loads(raw)


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
        ("x", {"tools": [SEARCH], "tool_choice": "required"}, "tool_choice"),
        ("x", {"tools": [function("f"), MCP], "tool_choice": allowed("required", MCP)}, "tool_choice"),
        ("x", {"tools": BOTH, "tool_choice": function("read")}, "tool_choice"),
        ("x", {"tools": [function("f")], "tool_choice": allowed("auto", function("z"))}, "tool_choice.tools[0]"),
        ("x", {"tools": [function("f")], "tool_choice": {"type": "allowed_tools"}}, "tool_choice.mode"),
        ("x", {"tools": [space("a", "b__c"), space("a__b", "c")]}, "tools"),
        ("x", {"tools": [space("a", "")]}, "tools[0].tools[0].name"),
        ("x", {"tools": [{"type": "custom", "name": "p", "format": {"type": "grammar"}}]}, "tools[0].format.syntax"),
        ("x", {"include": ["file_search_call.results", "thoughts"]}, "include[1]"),
        ([{"id": "msg_x"}], {}, "input"),
        ([{"role": [], "content": "x"}], {}, "input[0].role"),
        ([CALL, {**RESULT, "output": [{"type": "input_image", "image_url": {}}]}], {}, "input[1].output[0].image_url"),
        ([CALL, {**RESULT, "output": {}}], {}, "input[1].output"),
        ([{"role": "user", "content": [{"type": "input_text"}]}], {}, "input[0].content[0].text"),
        ([{**CALL, "arguments": {}}], {}, "input[0].arguments"),
        ([{"type": "reasoning", "summary": "x"}], {}, "input[0].summary"),
        ("x", {"instructions": [{"role": "user"}]}, "instructions[0].content"),
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
