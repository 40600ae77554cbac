"""The response object repeats what was asked, and nothing that was not to be repeated."""

from __future__ import annotations

import json
from typing import Any

from agent_router.wire.responses.body import read
from agent_router.wire.responses.response import response_object


def told(**body: Any) -> dict[str, Any]:
    raw = json.dumps({"model": "m", "input": "hi", **body}).encode()
    return response_object(read(raw), raw, "resp_1", "m", 1)


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
