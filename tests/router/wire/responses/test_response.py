"""The response object repeats what was asked, and nothing that was not to be repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import ToolCallDelta
from agent_router.wire.responses.body import read
from agent_router.wire.responses.response import response_object
from agent_router.wire.responses.stream import ResponseStream


def told(**body: Any) -> dict[str, Any]:
    raw = json.dumps({"model": "m", "input": "hi", **body}).encode()
    return response_object(read(raw), "resp_1", "m", 1)


def test_tools_are_repeated_as_they_were_given() -> None:
    search = {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3}
    function = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    (first, second) = told(tools=[search, function])["tools"]
    assert first == search
    assert second == {**function, "description": None, "strict": None}


def test_the_keys_to_a_server_of_tools_are_not_repeated() -> None:
    server = {"type": "mcp", "server_label": "s", "server_url": "https://a.example"}
    (tool,) = told(tools=[{**server, "authorization": "secret", "headers": {"x-key": "secret"}}])["tools"]
    assert tool == server


def test_a_user_is_repeated_or_left_out() -> None:
    assert told(user="ada")["user"] == "ada"
    assert "user" not in told()


@pytest.mark.parametrize("instructions", [None, "be", [{"role": "developer", "content": "be"}]])
def test_instructions_are_repeated_as_they_were_given(instructions: Any) -> None:
    assert told(instructions=instructions)["instructions"] == instructions


def test_calls_of_tools_in_a_namespace_tell_it() -> None:
    tools = [{"type": "namespace", "name": "mcp__fs", "tools": [{"type": "function", "name": "read"}]}]
    stream = ResponseStream(read(json.dumps({"model": "m", "input": "x", "tools": tools}).encode()), "1", "m", 1)
    stream.begin()
    for index, name in enumerate(("mcp__fs__read", "mcp__other")):
        stream.add(ToolCallDelta(index, "{}", f"c{index}", name))
    stream.end()
    assert stream.final is not None
    called = [(item["name"], item.get("namespace")) for item in json.loads(stream.final)["output"]]
    assert called == [("read", "mcp__fs"), ("mcp__other", None)]
