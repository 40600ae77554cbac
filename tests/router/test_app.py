"""The app as a whole: the gate in front of everything, the cold endpoints, and silence towards the network."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_router.errors import ConfigError
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

ASK = {"model": "local", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
_connections: list[Any] | None = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _connections is not None and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _connections.append((event, arguments[1] if event == "socket.connect" else arguments[0]))


sys.addaudithook(_audit)


async def test_no_packet_leaves_at_start_nor_with_a_local_answer(tmp_path: Path) -> None:
    global _connections
    settings = {"upstreams": {"far": {"base_url": "https://models.example.com/v1", "models": ["gpt-5.4"]}}}
    _connections = []
    try:
        async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:
            async with http.post(f"{url}/v1/chat/completions", json=ASK) as response:
                assert response.status == 200
            async with http.get(f"{url}/v1/models") as response:
                assert response.status == 200
            seen = list(_connections)
    finally:
        _connections = None
    addresses = [address for event, address in seen if event == "socket.connect" and isinstance(address, tuple)]
    assert {address[0] for address in addresses} <= {"127.0.0.1"}, seen
    assert not [
        address
        for event, address in seen
        if event == "socket.getaddrinfo" and address not in ("127.0.0.1", b"127.0.0.1")
    ]


async def test_the_cold_endpoints(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, app), aiohttp.ClientSession() as http:
        health = await (await http.get(f"{url}/healthz")).json()
        assert (health["status"], health["ledger"]["lost"]) == ("ok", 0)
        assert health["local"]["pocket"]["state"] in ("stopped", "loading", "ready")
        metrics = await (await http.get(f"{url}/metrics")).text()
        assert "agent_router_requests" in metrics
        page = await http.get(f"{url}/")
        assert "agent-router" in await page.text()
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        missing = await http.get(f"{url}/v1/nothing")
        assert (missing.status, (await missing.json())["error"]["code"]) == (404, "not_found")
        assert app.status()["version"]


async def test_a_damaged_model_file_is_said_and_stops_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "half.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    async with ScriptedUpstream("ok") as upstream:
        settings = {
            "local": {"models": [str(tmp_path / "half.gguf")]},
            "upstreams": {"up": {"base_url": upstream.base_url, "models": ["m"]}},
            "routing": {"closed": "up/m", "local_families": ["*"]},
        }
        async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:
            async with http.post(f"{url}/v1/chat/completions", json=ASK) as response:
                assert response.status == 404
                assert "half.gguf" in (await response.json())["error"]["message"]
            async with http.post(f"{url}/v1/chat/completions", json=ASK | {"model": "auto"}) as response:
                assert response.status == 200
                assert response.headers["x-agent-router-model"] == "up/m"
            health = await (await http.get(f"{url}/healthz")).json()
            assert health["local"]["half"]["state"] == "failed"
            assert "half.gguf" in health["local"]["half"]["error"]
            assert health["local"]["pocket"]["error"] is None


async def test_a_default_model_that_cannot_be_loaded_is_said_at_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(20))
    async with running_router(tmp_path, {"local": {"models": [broken]}}) as (_, app):
        assert app._preload is not None
        await app._preload
    assert [record.getMessage() for record in caplog.records if "local/broken cannot be loaded" in record.getMessage()]


async def test_foreign_pages_and_rebound_names_are_refused_everywhere(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession() as http:
        for path in ("/", "/v1/models", "/healthz", "/api/split", "/metrics"):
            async with http.get(url + path, headers={"host": "evil.example"}) as response:
                assert (response.status, (await response.json())["error"]["code"]) == (403, "host_not_allowed")
        for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            async with http.post(f"{url}/v1/chat/completions", json=ASK, headers=headers) as response:
                assert (response.status, (await response.json())["error"]["code"]) == (403, "cross_site")
        async with http.get(f"{url}/v1/models", headers={"origin": url}) as response:
            assert response.status == 200


async def test_a_key_is_demanded_where_one_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_ROUTER_KEY", "sesame")
    settings = {"server": {"api_key_env": "MY_ROUTER_KEY"}}
    async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "sesame"}):
            async with http.get(f"{url}/v1/models", headers=headers) as response:
                assert (response.status, (await response.json())["error"]["code"]) == (401, "invalid_api_key")
        for headers in ({"authorization": "Bearer sesame"}, {"x-api-key": "sesame"}):
            async with http.get(f"{url}/v1/models", headers=headers) as response:
                assert response.status == 200


async def test_a_host_that_others_can_reach_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="api_key_env"):
        async with running_router(tmp_path, {"server": {"host": "0.0.0.0"}}):
            pass


async def test_the_salt_is_made_once_and_private(tmp_path: Path) -> None:
    async with running_router(tmp_path):
        salt = (tmp_path / "salt").read_bytes()
    async with running_router(tmp_path):
        assert (tmp_path / "salt").read_bytes() == salt
    assert len(salt) == 32
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "salt").stat().st_mode) == 0o600


def _files_with(word: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]


async def test_no_text_of_a_request_reaches_the_disk(tmp_path: Path) -> None:
    words = "zanzibar quokka"
    async with ScriptedUpstream() as upstream:
        settings = {"upstreams": {"openai": {"base_url": f"{upstream.url}/v1", "models": ["gpt-5.4"]}}}
        async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:
            for model in ("auto", "local", "nowhere/model"):
                ask = {"model": model, "messages": [{"role": "user", "content": words}], "max_tokens": 2}
                await (await http.post(f"{url}/v1/chat/completions", data=json.dumps(ask))).read()
    assert not _files_with(b"zanzibar", tmp_path)


async def test_a_broken_override_of_the_catalogue_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("reviewed: [")
    with pytest.raises(ConfigError, match=r"catalogue\.yaml"):
        async with running_router(tmp_path):
            pass


async def test_two_host_headers_are_one_too_many(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET /v1/models HTTP/1.1\r\nhost: evil.example\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"invalid_host" in answer
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/models", {"error": {"code": "internal_error"}}),
        ("/v1beta/models", {"error": {"status": "INTERNAL"}}),
        ("/v1/messages/count_tokens", {"type": "error"}),
    ],
)
async def test_a_failure_of_the_cold_endpoints_is_told_in_the_callers_dialect_and_not_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str, shape: dict[str, Any]
) -> None:
    words = "zanzibar"  # said apart: the log holds the line that raises

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(words)

    async with running_router(tmp_path) as (url, app), aiohttp.ClientSession() as http:
        monkeypatch.setattr(app.names, "id_of", broken)
        monkeypatch.setattr("agent_router.app.model_list", broken)
        monkeypatch.setattr("agent_router.token_endpoints._count", broken)
        method, body = ("POST", {"model": "local", "messages": [{"role": "user", "content": "x"}]})
        method, sent = (method, body) if "messages" in path else ("GET", None)
        async with http.request(method, url + path, json=sent) as response:
            told = await response.json()
            assert response.status == 500
        for key, value in shape.items():
            assert (value.items() <= told[key].items()) if isinstance(value, dict) else told[key] == value
    assert "ZeroDivisionError" in caplog.text
    assert "zanzibar" not in caplog.text
