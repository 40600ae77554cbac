"""`GET /v1/models` and one model, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.running_router import running_router

UPSTREAM = {"upstreams": {"work": {"base_url": "http://127.0.0.1:9/v1", "models": ["gpt-5.4", "qwen/qwen3-32b"]}}}


async def test_every_name_that_callers_may_use_is_listed_with_honest_words(tmp_path: Path) -> None:
    async with running_router(tmp_path, UPSTREAM) as (url, _), aiohttp.ClientSession() as http:
        listed = await (await http.get(f"{url}/v1/models")).json()
        assert listed["object"] == "list"
        by_id = {entry["id"]: entry for entry in listed["data"]}
        assert set(by_id) == {"auto", "local", "closed", "local/pocket", "work/gpt-5.4", "work/qwen/qwen3-32b"}
        for entry in listed["data"]:
            assert (entry["object"], type(entry["created"]), type(entry["owned_by"])) == ("model", int, str)
        assert "not a chat model" in by_id["local/pocket"]["description"]
        assert by_id["local/pocket"]["openness"] == "open"
        assert (by_id["work/gpt-5.4"]["openness"], by_id["work/gpt-5.4"]["owned_by"]) == ("closed", "openai")
        assert by_id["work/qwen/qwen3-32b"]["openness"] == "open"
        one = await (await http.get(f"{url}/v1/models/work/qwen/qwen3-32b")).json()
        assert one == by_id["work/qwen/qwen3-32b"]
        # Under every name that a request may have, and by the name asked for.
        one = await (await http.get(f"{url}/v1/models/gpt-5.4")).json()
        assert one == {**by_id["work/gpt-5.4"], "id": "gpt-5.4"}
        one = await (await http.get(f"{url}/v1beta/models/gpt-5.4")).json()
        assert one["name"] == "models/gpt-5.4"


async def test_a_model_that_is_not_there_is_a_404_in_openais_shape(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession() as http:
        response = await http.get(f"{url}/v1/models/..%2F..%2Fetc%2Fpasswd")
        assert response.status == 404
        assert (await response.json())["error"]["code"] == "model_not_found"


GOOGLES = [
    ("/v1", {"x-goog-api-key": "sesame"}, ""),
    ("/v1", {"x-goog-api-client": "google-genai-sdk/3.6.1", "authorization": "Bearer sesame"}, ""),
    ("/v1", {}, "key=sesame"),
    ("/v1beta", {"x-goog-api-key": "sesame"}, ""),
    ("/v1alpha", {"x-goog-api-key": "sesame"}, ""),
]


@pytest.mark.parametrize(("version", "headers", "query"), GOOGLES)
async def test_googles_clients_are_answered_in_googles_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, headers: dict[str, str], query: str
) -> None:
    monkeypatch.setenv("MY_ROUTER_KEY", "sesame")
    settings = {**UPSTREAM, "server": {"api_key_env": "MY_ROUTER_KEY"}}
    async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:

        async def get(path: str, more: str = "") -> tuple[int, Any]:
            asked = "&".join(each for each in (query, more) if each)
            async with http.get(f"{url}{version}{path}?{asked}", headers=headers) as response:
                return response.status, await response.json()

        status, every = await get("/models")
        assert (status, every["models"][0]["name"], "nextPageToken" in every) == (200, "models/auto", False)
        assert (await get("/models/gpt-5.4"))[1]["name"] == "models/gpt-5.4"
        status, told = await get("/models/nobody")
        assert (status, told["error"]["status"]) == (404, "NOT_FOUND")
        seen, token = [], ""
        while token is not None:  # page by page
            _, page = await get("/models", f"pageSize=2&pageToken={token}")
            assert 1 <= len(page["models"]) <= 2
            seen, token = seen + page["models"], page.get("nextPageToken")
        assert seen == every["models"]
        for wrong in ("pageSize=x", "pageSize=-1", "pageSize=" + "9" * 5000, "pageToken=nobody"):
            status, told = await get("/models", wrong)
            assert (status, told["error"]["status"]) == (400, "INVALID_ARGUMENT")
        headers = {name: value.replace("sesame", "wrong") for name, value in headers.items()}
        query = query.replace("sesame", "wrong")
        status, told = await get("/models")
        assert (status, told["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1", "9" * 5000, "%D9%A3"])
async def test_a_limit_that_is_none_is_refused_in_anthropics_shape(tmp_path: Path, limit: str) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession() as http:
        headers = {"anthropic-version": "2023-06-01", "x-goog-api-key": "k"}
        async with http.get(f"{url}/v1/models?limit={limit}", headers=headers) as response:
            assert (response.status, (await response.json())["type"]) == (400, "error")
