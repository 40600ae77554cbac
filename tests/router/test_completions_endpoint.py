"""The endpoint over real HTTP: routes, truth to the caller, disconnects, rows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_router.app import LEDGER, App
from agent_telemetry.ledger_reader import recent
from agent_telemetry.usage_record import UsageRecord
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

ASK = [{"role": "user", "content": "Say hello to number 7."}]


def settings(upstream: ScriptedUpstream, **more: Any) -> dict[str, Any]:
    return {
        "upstreams": {"openai": {"base_url": f"{upstream.url}/v1", "models": ["gpt-5.4"]}},
        "timeouts": {"first_byte": 1, "idle": 1},
        **more,
    }


class Router:
    """A running router with an HTTP client pointed at it."""

    def __init__(self, url: str, app: App, http: aiohttp.ClientSession, data: Path) -> None:
        self.url, self.app, self.http, self._data = url, app, http, data

    async def post(self, body: Any, **headers: str) -> tuple[int, bytes, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(f"{self.url}/v1/chat/completions", data=raw, headers=headers) as response:
            return response.status, await response.read(), response.headers

    async def rows(self, count: int) -> list[UsageRecord]:
        """The ledger's rows, newest first, once there are `count`."""
        for _ in range(200):
            rows = await asyncio.to_thread(recent, self._data / LEDGER)
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.01)
        raise AssertionError(f"the ledger holds {len(rows)} rows, not {count}")


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture
async def router(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Router]:
    async with running_router(tmp_path, settings(upstream)) as (url, app), aiohttp.ClientSession() as http:
        yield Router(url, app, http, tmp_path)


async def test_an_answer_passes_byte_for_byte_and_says_who_gave_it(router: Router, upstream: ScriptedUpstream) -> None:
    sent = (
        b'{ "model" : "gpt-5.4", "messages":[{"role":"user","content":"hi \\u00e9"}],\n "unknown_field": {"a":[1,2]} }'
    )
    status, body, headers = await router.post(sent)
    received = await upstream.next_request()
    assert (status, received.body) == (200, sent)
    async with aiohttp.ClientSession() as http:
        direct = await (await http.post(f"{upstream.url}/v1/chat/completions", data=sent)).read()
    assert body == direct
    assert headers["x-agent-router-route"] == "closed"
    assert headers["x-agent-router-model"] == "openai/gpt-5.4"
    assert headers["x-agent-router-reason"] == "model named by the caller"
    assert headers["x-agent-router-family"].startswith("ask-")
    assert float(headers["x-agent-router-latency-ms"]) >= 0
    (row,) = await router.rows(1)
    usage = json.loads(body)["usage"]
    assert row.key == headers["x-agent-router-request-id"]
    assert (row.status, row.model, row.provider, row.place) == ("ok", "gpt-5.4", "openai", "hosted")
    assert row.input is not None
    assert row.cache_read is not None
    assert row.input + row.cache_read == usage["prompt_tokens"]
    assert row.output == usage["completion_tokens"]


async def test_auto_goes_to_the_closed_side_with_its_model_name(router: Router, upstream: ScriptedUpstream) -> None:
    status, body, headers = await router.post({"model": "auto", "messages": ASK, "top_k": 4})
    received = json.loads((await upstream.next_request()).body)
    assert (status, headers["x-agent-router-route"]) == (200, "closed")
    assert received == {"model": "gpt-5.4", "messages": ASK, "top_k": 4}
    assert json.loads(body)["model"] == "gpt-5.4"


async def test_a_stream_passes_byte_for_byte(router: Router, upstream: ScriptedUpstream) -> None:
    asked = {"model": "gpt-5.4", "messages": ASK, "stream": True, "stream_options": {"include_usage": True}}
    _, body, headers = await router.post(asked)
    async with aiohttp.ClientSession() as http:
        direct = await (await http.post(f"{upstream.url}/v1/chat/completions", json=asked)).read()
    assert body == direct
    assert headers["content-type"].startswith("text/event-stream")
    (row,) = await router.rows(1)
    assert row.stream is True
    assert row.output


async def test_the_callers_key_stays_here(router: Router, upstream: ScriptedUpstream) -> None:
    await router.post({"model": "auto", "messages": ASK}, authorization="Bearer callers-key", traceparent="00-ab-cd-01")
    headers = {name.lower(): value for name, value in (await upstream.next_request()).headers.items()}
    assert "authorization" not in headers
    assert headers["traceparent"] == "00-ab-cd-01"


@pytest.mark.parametrize("stream", [False, True])
async def test_the_local_model_answers_offline(router: Router, stream: bool) -> None:
    asked = {"model": "local", "messages": ASK, "max_tokens": 12, "stream": stream, "temperature": 0}
    status, body, headers = await router.post(asked)
    assert (status, headers["x-agent-router-route"], headers["x-agent-router-model"]) == (200, "local", "local/pocket")
    if stream:
        assert body.endswith(b"data: [DONE]\n\n")
        first = json.loads(body.split(b"\n\n")[0].removeprefix(b"data: "))
        assert (first["model"], first["object"]) == ("pocket", "chat.completion.chunk")
    else:
        answer = json.loads(body)
        assert answer["model"] == "pocket"
        assert answer["usage"]["completion_tokens"] <= 12
    (row,) = await router.rows(1)
    assert (row.provider, row.place, row.route, row.billed) == ("local", "device", "local", 0)


async def test_listed_families_are_answered_locally(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    listed = settings(upstream, routing={"local_families": ["heartbeat-*"]})
    async with running_router(tmp_path, listed) as (url, app), aiohttp.ClientSession() as http:
        router = Router(url, app, http, tmp_path)
        beat = [{"role": "user", "content": "[OpenClaw heartbeat poll]"}]
        _, _, headers = await router.post({"model": "auto", "messages": beat, "max_tokens": 8})
        assert headers["x-agent-router-route"] == "local"
        assert headers["x-agent-router-reason"] == "family is listed local"
        _, _, headers = await router.post({"model": "auto", "messages": ASK})
        assert headers["x-agent-router-route"] == "closed"


async def test_a_prompt_too_long_for_the_local_model_goes_to_the_closed_one(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    listed = settings(upstream, routing={"policy": "always-local"})
    async with running_router(tmp_path, listed) as (url, app), aiohttp.ClientSession() as http:
        router = Router(url, app, http, tmp_path)
        long = [{"role": "user", "content": "word " * 6000}]
        status, _, headers = await router.post({"model": "auto", "messages": long})
        assert (status, headers["x-agent-router-route"]) == (200, "closed")
        assert "context" in headers["x-agent-router-reason"]
        status, body, _ = await router.post({"model": "local", "messages": long})
        assert (status, json.loads(body)["error"]["code"]) == (400, "context_length_exceeded")
        tokens = [{"role": "user", "content": "a b c d " * 50_000}]
        status, body, _ = await router.post({"model": "local", "messages": tokens})
        assert (status, json.loads(body)["error"]["code"]) == (400, "context_length_exceeded")


async def test_failover_is_told_and_costs_nothing_to_the_caller(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    async with ScriptedUpstream("empty_stream") as broken:
        both = settings(upstream, routing={"closed": "first/gpt-5.4", "fallback": ["openai/gpt-5.4"]})
        both["upstreams"]["first"] = {"base_url": f"{broken.url}/v1", "models": ["gpt-5.4"]}
        async with running_router(tmp_path, both) as (url, app), aiohttp.ClientSession() as http:
            router = Router(url, app, http, tmp_path)
            status, body, headers = await router.post({"model": "auto", "messages": ASK, "stream": True})
            assert (status, headers["x-agent-router-model"]) == (200, "openai/gpt-5.4")
            assert "first/gpt-5.4 failed: empty" in headers["x-agent-router-reason"]
            assert body.count(b"[DONE]") == 1
            (row,) = await router.rows(1)
            assert (row.provider, row.attempts, row.status) == ("openai", 2, "ok")


async def test_a_cut_stream_ends_in_one_error_event(upstream: ScriptedUpstream, router: Router) -> None:
    upstream.script("truncate_mid_event")
    status, body, _ = await router.post({"model": "auto", "messages": ASK, "stream": True})
    events = [event for event in body.split(b"\n\n") if event]
    assert status == 200
    assert [b'"error"' in event for event in events].count(True) == 1
    assert json.loads(events[-1].removeprefix(b"data: "))["error"]["type"] == "upstream_error"
    (row,) = await router.rows(1)
    assert (row.status, row.error) == ("cut", "stream_cut")


async def test_a_client_that_leaves_stops_the_upstream_and_leaves_its_row(
    upstream: ScriptedUpstream, router: Router
) -> None:
    upstream.script("slow:per_second=20")
    asked = {"model": "auto", "messages": [{"role": "user", "content": "word " * 200}], "stream": True}
    response = await router.http.post(f"{router.url}/v1/chat/completions", json=asked)
    await response.content.readany()
    loop = asyncio.get_running_loop()
    left = loop.time()
    response.close()
    await upstream.wait_disconnect()
    assert loop.time() - left < 1  # 0.1 s on a quiet machine
    (row,) = await router.rows(1)
    assert (row.status, row.error) == ("cancelled", "client_left")


async def test_a_client_that_leaves_before_the_answer_stops_the_upstream(
    upstream: ScriptedUpstream, router: Router
) -> None:
    upstream.script("stall_before_headers")
    asking = asyncio.ensure_future(router.post({"model": "auto", "messages": ASK}))
    await upstream.next_request()
    asking.cancel()
    await upstream.wait_disconnect()
    (row,) = await router.rows(1)
    assert (row.status, row.http_status) == ("cancelled", 499)
    assert (row.provider, row.model, row.route, row.place) == ("openai", "gpt-5.4", "closed", "hosted")


async def test_a_client_that_leaves_frees_the_local_engine(router: Router) -> None:
    asked = {"model": "local", "messages": ASK, "stream": True, "max_tokens": 1000}
    asked["response_format"] = {"type": "json_object"}
    response = await router.http.post(f"{router.url}/v1/chat/completions", json=asked)
    await response.content.readany()
    response.close()
    (row,) = await router.rows(1)
    assert row.status in ("cancelled", "ok")
    status, _, _ = await router.post({"model": "local", "messages": ASK, "max_tokens": 2})
    assert status == 200


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"", 400, None),
        (b"not json", 400, None),
        (b'{"model": "auto", "messages": [{"role": "user", "content": "\\ud800"}]}', 400, None),
        (b'{"model": "auto", "messages": [{"role": "user", "content": "\xff"}]}', 400, None),
        (b"[" * 100_000, 400, None),
        ({"messages": ASK}, 400, "model"),
        ({"model": "auto"}, 400, "messages"),
        ({"model": "auto", "messages": []}, 400, "messages"),
        ({"model": 7, "messages": ASK}, 400, "model"),
        ({"model": "auto", "messages": "hello"}, 400, "messages"),
        ({"model": "auto", "messages": [{"role": "wizard", "content": "x"}]}, 400, "messages[0].role"),
        ({"model": "auto", "messages": ASK, "n": 3}, 400, "n"),
        ({"model": "auto", "messages": ASK, "max_tokens": -2}, 400, "max_tokens"),
        ({"model": "auto", "messages": ASK, "temperature": "hot"}, 400, "temperature"),
        ({"model": "no-such-model", "messages": ASK}, 404, "model"),
        ({"model": "nowhere/gpt-5.4", "messages": ASK}, 404, "model"),
        ({"model": "../../etc/passwd", "messages": ASK}, 404, "model"),
        ({"model": "x" * 1_000_000, "messages": ASK}, 404, "model"),
    ],
)
async def test_a_bad_body_gets_openais_error(router: Router, body: Any, status: int, param: str | None) -> None:
    got, answer, headers = await router.post(body)
    error = json.loads(answer)["error"]
    assert (got, error["param"]) == (status, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert len(answer) < 3000
    assert headers["content-type"] == "application/json"


async def test_a_body_over_the_limit_is_refused(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    small = settings(upstream, server={"max_body_bytes": 100_000})
    async with running_router(tmp_path, small) as (url, app), aiohttp.ClientSession() as http:
        router = Router(url, app, http, tmp_path)
        status, body, _ = await router.post(b"x" * 1_000_000)
        assert (status, json.loads(body)["error"]["code"]) == (413, "request_too_large")

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield b"x" * 100_000

        async with http.post(f"{url}/v1/chat/completions", data=chunks()) as response:
            assert response.status == 413


async def test_other_methods_are_refused_in_openais_shape(router: Router) -> None:
    async with router.http.get(f"{router.url}/v1/chat/completions") as response:
        assert response.status == 405
        assert (await response.json())["error"]["code"] == "method_not_allowed"


async def test_nul_bytes_are_text_like_any_other(router: Router, upstream: ScriptedUpstream) -> None:
    status, _, _ = await router.post({"model": "auto", "messages": [{"role": "user", "content": "a\0b"}]})
    assert status == 200
    status, _, _ = await router.post(
        {"model": "local", "messages": [{"role": "user", "content": "a\0b"}], "max_tokens": 4}
    )
    assert status == 200


async def test_a_worker_that_is_killed_is_replaced_unseen(router: Router) -> None:
    import os
    import signal

    await router.post({"model": "local", "messages": ASK, "max_tokens": 2})
    assert router.app._registry is not None
    engine = router.app._registry.local.engines["pocket"]
    assert engine.worker_pid is not None
    os.kill(engine.worker_pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    status, _, _ = await router.post({"model": "local", "messages": ASK, "max_tokens": 2})
    assert status == 200


async def test_a_compressed_body_is_refused_in_words(router: Router) -> None:
    status, body, _ = await router.post(b"\x1f\x8b...", **{"content-encoding": "gzip"})
    assert (status, json.loads(body)["error"]["code"]) == (415, "unsupported_encoding")


async def test_a_client_that_closes_behind_done_has_its_whole_answer(
    upstream: ScriptedUpstream, router: Router
) -> None:
    upstream.script("cut_after:events=99,how=hang")  # everything is sent, and the connection stays open
    asked = {"model": "auto", "messages": ASK, "stream": True, "stream_options": {"include_usage": True}}
    response = await router.http.post(f"{router.url}/v1/chat/completions", json=asked)
    body = b""
    while b"[DONE]" not in body:
        body += await response.content.readany()
    response.close()
    (row,) = await router.rows(1)
    assert (row.status, row.error) == ("ok", None)
    assert row.output
