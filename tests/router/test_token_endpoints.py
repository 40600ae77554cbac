"""How many tokens a prompt has: counted where that can be, estimated where not, and then it is said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_models.completion import CompletionRequest, Image, Message, Text, Tool
from agent_router.token_endpoints import estimate
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Say hello."}]}
GEMINI: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}


class Running:
    def __init__(self, url: str, http: aiohttp.ClientSession, upstream: ScriptedUpstream) -> None:
        self.url, self.http, self.upstream = url, http, upstream

    async def count(self, body: Any, path: str = "/v1/messages/count_tokens", **headers: str) -> tuple[int, Any, bool]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(self.url + path, data=data, headers=headers) as response:
            return response.status, await response.json(), "x-agent-router-estimate" in response.headers


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with ScriptedUpstream() as upstream:
        settings = {
            "upstreams": {
                "up": {"base_url": upstream.base_url, "models": ["m", "m:8b"]},
                "anth": {"kind": "anthropic", "base_url": upstream.url, "models": ["m"]},
            },
            "routing": {"closed": "anth/m"},
            "server": {"max_body_bytes": 5000},
        }
        async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:
            yield Running(url, http, upstream)


@pytest.mark.parametrize(
    ("model", "estimated", "asks"), [("local", False, 0), ("anth/m", False, 1), ("up/m", True, 0), ("auto", False, 1)]
)
async def test_who_counts(running: Running, model: str, estimated: bool, asks: int) -> None:
    status, body, said = await running.count({**HELLO, "model": model})
    assert (status, said) == (200, estimated)
    assert 5 < body["input_tokens"] < 100
    assert running.upstream.count == asks


async def test_a_private_request_is_counted_here(running: Running) -> None:
    status, _, _ = await running.count({**HELLO, "model": "auto"}, **{"x-agent-router-privacy": "local-only"})
    assert (status, running.upstream.count) == (200, 0)
    status, body, _ = await running.count({**HELLO, "model": "anth/m"}, **{"x-agent-router-privacy": "local-only"})
    assert (status, body["type"], running.upstream.count) == (403, "error", 0)


async def test_in_openais_dialect_with_what_it_goes_on_from(running: Running) -> None:
    path = "/v1/responses/input_tokens"
    status, told, estimated = await running.count({"model": "local", "input": "Say hello."}, path)
    assert (status, told["object"], estimated) == (200, "response.input_tokens", False)
    async with running.http.post(f"{running.url}/v1/responses", json={"model": "up/m", "input": "Say more."}) as made:
        id = (await made.json())["id"]
    more = {"model": "local", "input": "Say hello.", "previous_response_id": id}
    assert (await running.count(more, path))[1]["input_tokens"] > told["input_tokens"] + 5
    status, told, _ = await running.count({**more, "previous_response_id": "resp_none"}, path)
    assert (status, told["error"]["code"]) == (400, "previous_response_not_found")


async def test_in_googles_dialect(running: Running) -> None:
    for body in (GEMINI, {"generateContentRequest": {"model": "models/local", **GEMINI}}):
        status, told, _ = await running.count(body, "/v1beta/models/local:countTokens")
        assert (status, told["totalTokens"] > 5) == (200, True)
    for path in ("/v1alpha/models/local", "/v1/models/local", "/v1beta/local/pocket", "/v1beta/models/up/m:8b"):
        assert (await running.count(GEMINI, f"{path}:countTokens"))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b"[]", b"", b'{"generateContentRequest":5}', b'{"generateContentRequest":{}}',
        b'{"contents":[{"parts":[{"text":"\xff"}]}]}', b'{"contents":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"generateContentRequest":' + b"[" * 2000 + b"]" * 2000 + b"}",
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_googles_words(running: Running, body: bytes) -> None:
    status, told, _ = await running.count(body, "/v1beta/models/local:countTokens")
    assert (status, told["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model":"local"}', b'{"model":"nobody","messages":[]}'])
async def test_what_is_wrong_is_said_in_the_callers_dialect(running: Running, body: bytes) -> None:
    status, told, _ = await running.count(body)
    assert (status, told["type"]) == (400, "error")


async def test_a_body_that_is_too_large_and_an_upstream_that_fails(running: Running) -> None:
    status, told, _ = await running.count({**HELLO, "model": "local", "x": "y" * 9000})
    assert (status, told["error"]["type"]) == (413, "request_too_large")
    running.upstream.script("status:code=500")
    status, told, _ = await running.count({**HELLO, "model": "anth/m"})
    assert (status, told["type"]) == (503, "error")


def test_the_estimate_grows_with_all_that_is_read() -> None:
    plain = CompletionRequest(messages=(Message("user", (Text("word " * 100),)),))
    assert 90 < estimate(plain) < 180  # about a token a word
    more = CompletionRequest(
        messages=(*plain.messages, Message("user", (Image("https://a/b.png"),))),
        tools=(Tool("f", "does things", {"type": "object", "properties": {"a": {"type": "string"}}}),),
    )
    assert estimate(more) > estimate(plain) + 1000
    assert estimate(CompletionRequest(messages=(Message("user", (Text("汉" * 100),)),))) > 60
