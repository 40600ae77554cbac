"""Embeddings over real HTTP: from a local model and from upstreams, rows, disconnects, errors."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_router.app import LEDGER, App
from agent_telemetry.ledger_reader import recent
from agent_telemetry.usage_record import UsageRecord
from tests.models.engine.tiny_gguf import make_tiny_bert
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

MODEL = "text-embedding-3-small"
TEXTS = ["hello the cat", "why?"]


class Router:
    """A running router with an HTTP client pointed at it."""

    def __init__(self, url: str, app: App, http: aiohttp.ClientSession, data: Path) -> None:
        self.url, self.app, self.http, self._data = url, app, http, data

    async def post(self, body: Any, path: str = "/v1/embeddings", **headers: str) -> tuple[int, bytes, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(f"{self.url}{path}", data=raw, headers=headers) as response:
            return response.status, await response.read(), response.headers

    async def row(self) -> UsageRecord:
        """The ledger's newest row, once there is one."""
        for _ in range(200):
            rows = await asyncio.to_thread(recent, self._data / LEDGER)
            if rows:
                return rows[0]
            await asyncio.sleep(0.01)
        raise AssertionError("the ledger holds no row")


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_tiny_bert(tmp_path_factory.mktemp("models") / "bert.gguf"))


def settings(upstream: ScriptedUpstream, **more: Any) -> dict[str, Any]:
    upstreams = {
        "openai": {"base_url": f"{upstream.url}/v1", "models": ["gpt-5.4"]},
        "anthropic": {"kind": "anthropic", "base_url": upstream.url, "key": "k", "models": ["claude-sonnet-5"]},
    }
    return {"upstreams": upstreams, "timeouts": {"first_byte": 1, "idle": 1}, **more}


@pytest.fixture
async def router(upstream: ScriptedUpstream, bert: str, tmp_path: Path) -> AsyncIterator[Router]:
    given = settings(upstream, local={"models": [bert]})
    async with running_router(tmp_path, given) as (url, app), aiohttp.ClientSession() as http:
        yield Router(url, app, http, tmp_path)


@pytest.fixture
async def without(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Router]:
    """One that has no local embedding model."""
    given = settings(upstream, routing={"closed_embedding": f"openai/{MODEL}", "fallback": ["anthropic/x"]})
    async with running_router(tmp_path, given) as (url, app), aiohttp.ClientSession() as http:
        yield Router(url, app, http, tmp_path)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/embeddings"])
@pytest.mark.parametrize("model", ["auto", "local", "local/bert", "bert"])
async def test_the_local_model_answers_offline(
    router: Router, upstream: ScriptedUpstream, model: str, path: str
) -> None:
    status, body, headers = await router.post({"model": model, "input": TEXTS}, path)
    answer = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (answer["object"], answer["model"]) == ("list", "bert")
    assert [len(entry["embedding"]) for entry in answer["data"]] == [32, 32]
    assert (headers["x-agent-router-route"], headers["x-agent-router-model"]) == ("local", "local/bert")
    assert headers["x-agent-router-family"] == "embedding"
    row = await router.row()
    assert row.key == headers["x-agent-router-request-id"]
    assert (row.wire, row.status, row.model, row.provider, row.place) == ("embeddings", "ok", "bert", "local", "device")
    assert (row.input, row.output, row.stream, row.billed) == (answer["usage"]["prompt_tokens"], 0, False, 0)
    assert not upstream.requests


async def test_base64_numbers_and_tokens_say_the_same(router: Router) -> None:
    bodies: list[dict[str, Any]] = [
        {},
        {"encoding_format": "base64"},
        {"input": [[2, 89, 87, 88, 3], [5]]},  # [CLS] hello the cat [SEP]
    ]
    numbers, packed, tokens = [
        json.loads((await router.post({"model": "local", "input": TEXTS, **more}))[1])["data"] for more in bodies
    ]
    unpacked = [list(struct.unpack("<32f", base64.b64decode(entry["embedding"]))) for entry in packed]
    assert unpacked == [entry["embedding"] for entry in numbers]
    assert tokens[0]["embedding"] == pytest.approx(numbers[0]["embedding"], abs=2e-3)
    few = json.loads((await router.post({"model": "local", "input": TEXTS[0], "dimensions": 4}))[1])["data"]
    assert sum(number**2 for number in few[0]["embedding"]) == pytest.approx(1, abs=1e-5)


async def test_many_inputs_come_back_in_order(router: Router) -> None:
    texts = [f"{number} the cat" for number in range(300)]
    data = json.loads((await router.post({"model": "local", "input": texts}))[1])["data"]
    alone = json.loads((await router.post({"model": "local", "input": texts[250]}))[1])["data"]
    assert [entry["index"] for entry in data] == list(range(300))
    assert alone[0]["embedding"] == pytest.approx(data[250]["embedding"], abs=2e-3)


async def test_a_named_upstream_gets_the_body_byte_for_byte(router: Router, upstream: ScriptedUpstream) -> None:
    sent = b'{ "input" : ["gr\\u00fcn"],\n "model":"text-embedding-3-small", "more": {"b":1e2} }'
    status, body, headers = await router.post(sent, authorization="Bearer callers-key")
    received = await upstream.next_request()
    assert (status, received.path, received.body) == (200, "/v1/embeddings", sent)
    assert "authorization" not in received.headers
    async with aiohttp.ClientSession() as http:
        assert body == await (await http.post(f"{upstream.url}/v1/embeddings", data=sent)).read()
    assert headers["x-agent-router-model"] == f"openai/{MODEL}"
    row = await router.row()
    assert (row.wire, row.provider, row.model, row.place) == ("embeddings", "openai", MODEL, "hosted")
    assert row.input == json.loads(body)["usage"]["prompt_tokens"]


async def test_auto_without_a_local_one_goes_to_the_closed_one_and_never_to_a_fallback(
    without: Router, upstream: ScriptedUpstream
) -> None:
    status, body, headers = await without.post({"model": "auto", "input": "a"})
    assert (status, json.loads(body)["model"]) == (200, MODEL)
    assert headers["x-agent-router-reason"] == "no local embedding model"
    assert (await upstream.next_request()).json == {"model": MODEL, "input": "a"}
    upstream.script("status:code=400")
    status, body, _ = await without.post({"model": "auto", "input": "a"})
    assert (status, json.loads(body)["error"]["code"]) == (400, "invalid_value")
    upstream.script("html")
    status, _, headers = await without.post({"model": "auto", "input": "a"})
    assert status == 503
    assert "anthropic" not in headers["x-agent-router-reason"]
    status, body, _ = await without.post({"model": "local", "input": "a"})
    assert (status, json.loads(body)["error"]["code"]) == (404, "no_embedding_model")


async def test_what_is_private_stays(router: Router, upstream: ScriptedUpstream) -> None:
    private = {"x-agent-router-privacy": "local-only"}
    status, body, _ = await router.post({"model": MODEL, "input": "a"}, **private)
    assert (status, json.loads(body)["error"]["code"]) == (403, "local_only")
    status, _, headers = await router.post({"model": "auto", "input": "a"}, **private)
    assert (status, headers["x-agent-router-route"]) == (200, "local")
    assert not upstream.requests


@pytest.mark.parametrize(
    ("body", "status", "param", "code"),
    [
        (b"", 400, None, "invalid_json"),
        (b"{", 400, None, "invalid_json"),
        ({"model": "auto"}, 400, "input", "missing_required_parameter"),
        ({"input": "a"}, 400, "model", "missing_required_parameter"),
        ({"model": "auto", "input": [""]}, 400, "input[0]", "empty_string"),
        ({"model": "auto", "input": ["a"] * 2049}, 400, "input", "array_above_max_length"),
        ({"model": "auto", "input": "a", "encoding_format": "hex"}, 400, "encoding_format", "invalid_value"),
        ({"model": "nope/nope", "input": "a"}, 404, "model", "model_not_found"),
        ({"model": "pocket", "input": "a"}, 400, "model", "unsupported_model"),
        ({"model": "anthropic/x", "input": "a"}, 400, "model", "unsupported_model"),
        ({"model": "local", "input": "a", "dimensions": 33}, 400, "dimensions", "unsupported_parameter"),
        ({"model": "local", "input": ["a", "cat " * 600]}, 400, "input", "context_length_exceeded"),
        ({"model": "local", "input": [[5], [500]]}, 400, "input[1]", "unsupported_parameter"),
    ],
)
async def test_a_bad_request_gets_openais_error(
    router: Router, body: Any, status: int, param: str | None, code: str
) -> None:
    got, answer, headers = await router.post(body)
    error = json.loads(answer)["error"]
    assert (got, error["param"], error["code"]) == (status, param, code)
    assert error["type"] == "invalid_request_error"
    assert headers["content-type"] == "application/json"


async def test_an_embedding_model_writes_no_text(router: Router) -> None:
    asked = {"model": "bert", "messages": [{"role": "user", "content": "a"}]}
    status, body, _ = await router.post(asked, "/v1/chat/completions")
    assert (status, json.loads(body)["error"]["code"]) == (400, "unsupported_model")
    status, body, _ = await router.post({**asked, "model": "local", "max_tokens": 2}, "/v1/chat/completions")
    assert (status, json.loads(body)["model"]) == (200, "pocket")


async def test_other_methods_are_refused(router: Router) -> None:
    async with router.http.get(f"{router.url}/v1/embeddings") as response:
        assert (response.status, response.headers["allow"]) == (405, "POST")


async def test_a_client_that_leaves_stops_the_upstream_and_leaves_its_row(
    router: Router, upstream: ScriptedUpstream
) -> None:
    upstream.script("stall_before_headers")
    asking = asyncio.ensure_future(router.post({"model": MODEL, "input": "a"}))
    await upstream.next_request()
    asking.cancel()
    await upstream.wait_disconnect()
    row = await router.row()
    assert (row.wire, row.status, row.error, row.http_status) == ("embeddings", "cancelled", "client_left", 499)


async def test_a_client_that_leaves_frees_the_engine(router: Router) -> None:
    await router.post({"model": "local", "input": "a"})
    assert router.app._registry is not None
    engine = router.app._registry.local.engines["bert"]
    asking = asyncio.ensure_future(router.post({"model": "local", "input": ["a b c " * 80] * 2048}))
    while not engine._running:
        await asyncio.sleep(0.005)
    asking.cancel()
    async with asyncio.timeout(10):
        while engine._running:
            await asyncio.sleep(0.005)
    assert (await router.post({"model": "local", "input": "a"}))[0] == 200


async def test_a_worker_that_is_killed_is_replaced_unseen(router: Router) -> None:
    import os
    import signal

    await router.post({"model": "local", "input": "a"})
    assert router.app._registry is not None
    pid = router.app._registry.local.engines["bert"].worker_pid
    assert pid is not None
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert (await router.post({"model": "local", "input": "a"}))[0] == 200
