"""`GET /v1/models` and one model, over HTTP."""

from __future__ import annotations

from pathlib import Path

import aiohttp

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
