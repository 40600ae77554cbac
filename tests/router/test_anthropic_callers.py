"""What Anthropic's own clients say beside the conversation reaches Anthropic, and is refused in words elsewhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 20}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "noon"}]}
FOUND = {
    "type": "search_result",
    "source": "https://a.example",
    "title": "T",
    "content": [{"type": "text", "text": "X"}],
}


class Running:
    def __init__(self, http: aiohttp.ClientSession, anthropic: ScriptedUpstream, chat: ScriptedUpstream) -> None:
        self.http, self.anthropic, self.chat = http, anthropic, chat

    async def ask(self, body: Any, path: str = "/v1/messages", headers: Any = None) -> tuple[int, Any, Any]:
        async with self.http.post(path, json=body, headers=headers) as response:
            return response.status, json.loads(await response.read()), response.headers


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with ScriptedUpstream(speaks={"messages"}) as anthropic, ScriptedUpstream(speaks={"chat"}) as chat:
        settings = {
            "upstreams": {
                "anth": {"kind": "anthropic", "base_url": anthropic.url, "models": ["m"]},
                "up": {"base_url": chat.base_url, "models": ["m"]},
            },
        }
        async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession(url) as http:
            yield Running(http, anthropic, chat)


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
async def test_betas_in_several_lines_and_in_the_address_reach_anthropic(running: Running, path: str) -> None:
    lines = [("anthropic-beta", "a-1"), ("anthropic-beta", "b-2"), ("anthropic-version", "2023-06-01")]
    status, _, _ = await running.ask({**HELLO, "model": "anth/m"}, f"{path}?beta=true&other=1", lines)
    (received,) = running.anthropic.requests
    assert (status, received.target) == (200, f"{path}?beta=true")
    assert received.headers["anthropic-beta"].replace(" ", "") == "a-1,b-2"
    status, _, _ = await running.ask({**HELLO, "model": "up/m"}, f"{path}?beta=true")
    assert status == 200
    assert all("?" not in each.target for each in running.chat.requests)


@pytest.mark.parametrize(
    "more",
    [
        {"thread": {"type": "create"}},
        {"thread": {"type": "continue", "previous_message_id": "msg_1"}, "messages": [RESULT]},
        {"messages": [{"role": "user", "content": [FOUND]}]},
        {"max_tokens": 0},
        {"tools": [{"type": "browser_toolset_20260801"}], "tool_choice": {"type": "tool", "name": "navigate"}},
        {"mcp_servers": [{"type": "url", "url": "https://a.example", "name": "a"}], "container": "c"},
    ],
)
async def test_what_only_anthropic_knows_reaches_it_as_it_came(running: Running, more: Any) -> None:
    await running.ask({**HELLO, **more, "model": "anth/m"})
    (received,) = running.anthropic.requests
    assert received.json == {**HELLO, **more, "model": "m"}


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        (
            {"thread": {"type": "continue", "previous_message_id": "msg_1"}, "messages": [RESULT]},
            404,
            "thread_not_found",
        ),
        ({"max_tokens": 0}, 400, "unsupported_parameter"),
        (
            {"tools": [{"type": "browser_toolset_1"}], "tool_choice": {"type": "tool", "name": "navigate"}},
            400,
            "unsupported_parameter",
        ),
        (
            {"tools": [{"type": "web_search_1", "name": "s"}], "tool_choice": {"type": "any"}},
            400,
            "unsupported_parameter",
        ),
        ({"system": [{"type": "text"}]}, 400, "invalid_value"),
        ({"stop_sequences": [""]}, 400, "invalid_value"),
        ({"thinking": {"type": "weird"}}, 400, "invalid_value"),
        (
            {
                "messages": [
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": "x"}]}
                ]
            },
            400,
            "invalid_value",
        ),
    ],
)
async def test_elsewhere_it_is_refused_in_words(running: Running, more: Any, status: int, code: str) -> None:
    got, told, headers = await running.ask({**HELLO, **more, "model": "up/m"})
    assert (got, told["error"]["code"], running.chat.count) == (status, code, 0)
    assert told["request_id"] == headers["request-id"]
    if code == "thread_not_found":  # by which the SDK knows that it must send the whole conversation
        assert told["error"]["details"] == {"error_code": code}


async def test_a_result_of_a_search_is_read_with_where_it_is_from(running: Running) -> None:
    await running.ask({**HELLO, "model": "up/m", "messages": [{"role": "user", "content": [FOUND]}]})
    told = json.dumps(running.chat.requests[0].json)
    assert "https://a.example" in told
    assert "X" in told


async def test_whether_anybody_is_there_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "secret")
    settings = {"server": {"api_key_env": "THE_KEY"}}
    async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession(url) as http:
        assert [(await http.head(path)).status for path in ("/", "/api/hello", "/v1/models")] == [200, 200, 401]
        refused = await http.get("/v1/models", headers={"anthropic-version": "2023-06-01"})
        assert refused.headers["request-id"] == (await refused.json())["request_id"]
        listed = await http.get("/v1/models", headers={"x-api-key": "secret"})
        assert listed.headers["x-request-id"].startswith("req_ar")
