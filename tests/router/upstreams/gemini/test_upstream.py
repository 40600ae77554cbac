"""Google's servers: their own clients are passed through, others ask in OpenAI's dialect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_models.completion import ReasoningDelta, Stop, TextDelta, ToolCallDelta, Usage
from agent_router.app import App
from agent_router.config import LEDGER
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.gemini.dialect import GeminiReader, path
from agent_telemetry.ledger_reader import recent
from tests.running_router import running_router
from tests.upstreams.answer import Answer, Event
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.gemini_wire import SIGNATURE
from tests.upstreams.openai_wire import encode
from tests.upstreams.upstream import ScriptedUpstream

KEY = "AIza-test-SECRET"


class Running:
    def __init__(self, url: str, app: App, http: aiohttp.ClientSession, upstream: ScriptedUpstream) -> None:
        self.url, self.app, self.http, self.upstream = url, app, http, upstream

    async def ask(self, method: str, ask: str = "Say hello.", **more: Any) -> tuple[int, bytes]:
        body = {"contents": [{"role": "user", "parts": [{"text": ask}]}], **more}
        async with self.http.post(f"{self.url}/v1beta/models/google/gemini-x:{method}", json=body) as response:
            return response.status, await response.read()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with ScriptedUpstream() as upstream:
        settings = {
            "upstreams": {
                "google": {"kind": "gemini", "base_url": f"{upstream.url}/v1beta", "key": KEY, "models": ["gemini-x"]}
            },
            "routing": {"closed": "google/gemini-x"},
            "timeouts": {"first_byte": 1, "idle": 1},
        }
        async with running_router(tmp_path, settings) as (url, app), aiohttp.ClientSession() as http:
            yield Running(url, app, http, upstream)


async def test_its_own_clients_lose_nothing(running: Running, tmp_path: Path) -> None:
    tools = [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]
    status, raw = await running.ask("generateContent", "call f", tools=tools, safetySettings=[{"category": "x"}])
    (part,) = json.loads(raw)["candidates"][0]["content"]["parts"]
    assert (status, part["thoughtSignature"]) == (200, SIGNATURE)
    status, raw = await running.ask("streamGenerateContent?alt=sse", "call f", tools=tools)
    assert SIGNATURE.encode() in raw
    for received in running.upstream.requests:
        assert received.path.startswith("/v1beta/models/gemini-x:")
        assert received.headers["x-goog-api-key"] == KEY
        assert "authorization" not in received.headers
    assert running.upstream.requests[0].json["safetySettings"] == [{"category": "x"}]
    for _ in range(200):
        rows = recent(tmp_path / LEDGER)
        if len(rows) == 2:
            break
    assert [(row.wire, row.model, row.status) for row in rows] == [("gemini", "gemini-x", "ok")] * 2
    assert all(row.input and row.cache_read and row.output == 8 for row in rows)


async def test_others_ask_in_openais_dialect(running: Running) -> None:
    body = {"model": "google/gemini-x", "messages": [{"role": "user", "content": "hi"}]}
    async with running.http.post(f"{running.url}/v1/chat/completions", json=body) as response:
        assert (await response.json())["choices"][0]["message"]["content"] == "echo: hi"
    assert running.upstream.requests[-1].path == "/v1beta/openai/chat/completions"


async def test_a_stream_that_is_one_array_loses_nothing_either(running: Running) -> None:
    tools = [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]
    more = {"tools": tools, "safetySettings": [{"category": "x"}], "cachedContent": "cachedContents/x"}
    status, raw = await running.ask("streamGenerateContent", "call f", **more)
    elements = json.loads(raw)
    assert (status, elements[-1]["candidates"][0]["finishReason"]) == (200, "STOP")
    assert elements[-1]["candidates"][0]["content"]["parts"][0]["thoughtSignature"] == SIGNATURE
    received = running.upstream.requests[-1]
    assert received.target == "/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
    assert received.json["cachedContent"] == "cachedContents/x"
    status, raw = await running.ask("streamGenerateContent", "count to 50")
    assert (status, len(json.loads(raw)) > 40) == (200, True)
    running.upstream.script("cut_after:events=6")
    status, raw = await running.ask("streamGenerateContent", "count to 50")
    elements = json.loads(raw)
    assert (status, len(elements) > 1, elements[-1]["error"]["status"]) == (200, True, "INTERNAL")
    running.upstream.script("error_event:after=3")
    status, raw = await running.ask("streamGenerateContent", "count to 50")
    assert json.loads(raw)[-1]["error"]["status"] == "UNAVAILABLE"


BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}


@pytest.mark.parametrize("plain", [True, False])  # some proxies answer whole whatever was asked
@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"])
async def test_a_prompt_that_is_blocked_is_an_answer(
    running: Running, method: str, plain: bool, tmp_path: Path
) -> None:
    def blocked(answer: Answer) -> Iterator[bytes]:
        if plain or not answer.streams:
            return answer.plain(encode(BLOCKED)).whole()
        return replace(answer, events=(Event("delta", b"data: " + encode(BLOCKED) + b"\n\n"),)).whole()

    running.upstream.script(Behaviour("blocked", "body", blocked))
    status, raw = await running.ask(method)
    told = [json.loads(data) for data in data_of(raw)] if method.endswith("sse") else json.loads(raw)
    assert (status, told) == (200, BLOCKED if method == "generateContent" else [BLOCKED])
    assert running.upstream.count == 1


@pytest.mark.parametrize("wrapped", [True, False])
async def test_google_counts_its_own_tokens(running: Running, wrapped: bool) -> None:
    body = {"contents": [{"parts": [{"text": "hi"}]}], "cachedContent": "cachedContents/x"}
    sent = {"generateContentRequest": {"model": "models/google/gemini-x", **body}} if wrapped else body
    url = f"{running.url}/v1beta/models/google/gemini-x:countTokens"
    async with running.http.post(url, json=sent) as response:
        assert (response.status, (await response.json())["promptTokensDetails"][0]["tokenCount"]) == (200, 42)
        assert "x-agent-router-estimate" not in response.headers
    (received,) = running.upstream.requests
    assert received.path == "/v1beta/models/gemini-x:countTokens"
    assert received.headers["x-goog-api-key"] == KEY
    renamed = {"generateContentRequest": {"model": "models/gemini-x", **body}} if wrapped else body
    assert received.json == renamed
    for code, status, retry in ((429, 429, "7"), (400, 400, None), (500, 503, None)):
        running.upstream.script(f"status:code={code}" + (",retry_after=7" if retry else ""))
        async with running.http.post(url, json=sent) as response:
            assert (response.status, response.headers.get("retry-after")) == (status, retry)
            assert (await response.json())["error"]["message"]


@pytest.mark.parametrize(("code", "status"), [(400, 400), (429, 429), (500, 503)])
async def test_errors_are_googles(running: Running, code: int, status: int) -> None:
    running.upstream.script(f"status:code={code}")
    got, raw = await running.ask("generateContent")
    assert got == status
    assert json.loads(raw)["error"]["message"]
    assert KEY.encode() not in raw


async def test_a_stream_that_breaks_ends_in_an_error_and_no_comment(running: Running) -> None:
    running.upstream.script("cut_after:events=6")
    status, raw = await running.ask("streamGenerateContent?alt=sse", "count to 50")
    events = [json.loads(data) for data in data_of(raw)]
    assert (status, events[-1]["error"]["status"]) == (200, "INTERNAL")
    assert b"\n:" not in raw


def test_a_models_name_stays_within_its_part_of_the_path() -> None:
    assert path("gemini-2.5-pro", False) == "/models/gemini-2.5-pro:generateContent"
    assert path("../x?y", True) == "/models/..%2Fx%3Fy:streamGenerateContent?alt=sse"


def test_an_answer_as_events() -> None:
    parts = [{"text": "hm", "thought": True}, {"text": "so"}, {"functionCall": {"name": "f", "args": {"a": 1}}}]
    usage = {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 3, "thoughtsTokenCount": 2}
    body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "usageMetadata": usage}
    reader = GeminiReader()
    assert list(reader.read_whole(json.dumps(body).encode())) == [
        ReasoningDelta("hm"),
        TextDelta("so"),
        ToolCallDelta(0, '{"a":1}', "call_0", "f"),
        Stop("tool_calls"),
    ]
    assert reader.usage == Usage(5, 5, 4, 0, 2)
