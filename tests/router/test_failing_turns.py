"""How each dialect's agents are told of an upstream that fails, and that they stop asking."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_router.upstreams import chain as chain_module
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

AGENTS = {
    "chat": ("/v1/chat/completions", "opencode/1.18"),
    "responses": ("/v1/responses", "some-agent/1"),
    "messages": ("/v1/messages", "claude-cli/2.1"),
    "gemini": ("/v1beta/models/agent-router%2Fauto:streamGenerateContent?alt=sse", "GeminiCLI/0.61"),
}
BODIES: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": "count to 50"}]},
    "responses": {"input": "count to 50"},
    "messages": {"messages": [{"role": "user", "content": "count to 50"}], "max_tokens": 100},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "count to 50"}]}]},
}
KINDS = {"chat": "openai", "responses": "openai", "messages": "anthropic", "gemini": "gemini"}
SENTENCE = "Upstream up answered 503: wait 15 s and ask again, or name a fallback in agent-router's configuration."
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "FIRST_WAIT", 0.01)


@asynccontextmanager
async def asking(data: Path, upstream: ScriptedUpstream, dialect: str) -> AsyncIterator[Ask]:
    """A router whose closed side speaks this dialect; asks it for `auto` in any: (status, headers, body)."""
    settings = {"kind": KINDS[dialect], "base_url": upstream.base_url, "models": ["m"]}
    if dialect == "gemini":
        settings["base_url"] = f"{upstream.url}/v1beta"
    elif KINDS[dialect] == "openai":
        settings["api"] = dialect
    config = {"upstreams": {"up": settings}, "routing": {"closed": "up/m"}}
    async with running_router(data, config) as (url, _), aiohttp.ClientSession() as http:

        async def ask(wire: str, agent: str | None = None, **more: Any) -> tuple[int, Any, str]:
            path, named = AGENTS[wire]
            body = BODIES[wire] | ({} if wire == "gemini" else {"model": "auto", "stream": True}) | more
            headers = {"user-agent": agent or named}
            async with http.post(f"{url}{path}", json=body, headers=headers) as answer:
                return answer.status, answer.headers, await answer.text()

        yield ask


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as server:
        yield server


@pytest.mark.parametrize("dialect", list(KINDS))
@pytest.mark.parametrize("wire", list(AGENTS))
async def test_an_outage_is_told_once_and_costs_three_requests(
    tmp_path: Path, upstream: ScriptedUpstream, wire: str, dialect: str
) -> None:
    upstream.script("status:code=503")
    async with asking(tmp_path, upstream, dialect) as ask:
        for number in range(8):
            status, headers, text = await ask(wire)
            assert (status, headers["x-should-retry"], headers["retry-after"]) == (503, "false", "1")
            assert (json.loads(text)["error"]["message"] == SENTENCE) or number
            assert upstream.count == 3
        upstream.script("ok")
        status, _, text = await ask(wire, agent="another-agent/1")
        assert (status, "50" in text) == (200, True)


async def test_claude_code_is_not_told_of_an_overload_which_it_would_ask_for_without_end(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    upstream.script("status:code=529")
    async with asking(tmp_path, upstream, "messages") as ask:
        _, _, text = await ask("messages")
    assert json.loads(text)["error"]["type"] == "api_error"


@pytest.mark.parametrize("behaviour", ["status:code=503", "status:code=429"])
async def test_gemini_cli_is_told_in_googles_word_for_what_it_does_not_ask_for_again(
    tmp_path: Path, upstream: ScriptedUpstream, behaviour: str
) -> None:
    upstream.script(behaviour)
    async with asking(tmp_path, upstream, "gemini") as ask:
        status, _, text = await ask("gemini")
    assert status in (429, 503)
    assert json.loads(text)["error"]["details"][0]["reason"] == "MODEL_CAPACITY_EXHAUSTED"


@pytest.mark.parametrize(
    ("behaviour", "told"), [("status:code=503", "answered 503"), ("status:code=429", "is limiting its rate")]
)
@pytest.mark.parametrize("dialect", ["responses", "messages"])
async def test_codex_is_told_in_its_stream(
    tmp_path: Path, upstream: ScriptedUpstream, behaviour: str, told: str, dialect: str
) -> None:
    upstream.script(behaviour)
    async with asking(tmp_path, upstream, dialect) as ask:
        for _ in range(6):
            status, headers, text = await ask("responses", agent="codex_exec/0.171")
            events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
            assert (status, headers["content-type"].split(";")[0]) == (200, "text/event-stream")
            assert events[0]["type"] == "response.created"
            assert events[-1]["type"] == "response.failed"
            assert events[-1]["response"]["error"]["code"] == "server_error"
            assert events[-1]["response"]["error"]["message"].startswith(f"Upstream up {told}: wait ")
        assert upstream.count == 3
        status, _, text = await ask("responses", agent="codex_exec/0.171", stream=False)
        assert status == int(behaviour[-3:])


@pytest.mark.parametrize("wire", list(AGENTS))
async def test_an_answer_that_breaks_off_again_and_again_is_an_outage(
    tmp_path: Path, upstream: ScriptedUpstream, wire: str
) -> None:
    upstream.script("cut_after:events=12")
    async with asking(tmp_path, upstream, wire) as ask:
        for _ in range(3):
            status, _, text = await ask(wire)
            assert status == 200
            assert "Upstream up" in text
        for _ in range(5):
            status, headers, text = await ask(wire)
            assert (status, headers["x-should-retry"]) == (503, "false")
            assert "in the middle of its answer: wait" in text
        assert upstream.count == 3


@pytest.mark.parametrize("wire", list(AGENTS))
@pytest.mark.parametrize("code", [401, 404, 413])
async def test_a_lasting_refusal_is_asked_once_and_keeps_its_status(
    tmp_path: Path, upstream: ScriptedUpstream, wire: str, code: int
) -> None:
    upstream.script(f"status:code={code}")
    async with asking(tmp_path, upstream, wire) as ask:
        for _ in range(6):
            status, headers, text = await ask(wire)
            assert status == code
            assert "retry-after" not in headers
            if code == 401:
                assert json.loads(text)["error"]["message"].startswith("Upstream up refused its API key (")
                assert headers["x-should-retry"] == "false"
        assert upstream.count <= 2  # of a 404 an upstream of OpenAI's kind is asked in both its dialects


@pytest.mark.parametrize("wire", list(AGENTS))
async def test_one_fault_that_passes_is_not_noticed(tmp_path: Path, upstream: ScriptedUpstream, wire: str) -> None:
    async with asking(tmp_path, upstream, wire) as ask:
        for once in ("status:code=503", "status:code=429,retry_after=0.1"):
            upstream.script(once, "ok")
            status, _, text = await ask(wire)
            assert (status, "50" in text) == (200, True)
