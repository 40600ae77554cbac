"""Google's servers: their own clients are passed through, others ask in OpenAI's dialect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
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
from tests.upstreams.gemini_wire import SIGNATURE
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
    status, raw = await running.ask("streamGenerateContent")  # as one JSON array
    assert (status, json.loads(raw)[-1]["candidates"][0]["finishReason"]) == (200, "STOP")


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
