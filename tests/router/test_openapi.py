"""The API's description is that of the program, and of what it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from agent_router.openapi import document
from tests.running_router import running_router

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
SCHEMAS: dict[str, Any] = document()["components"]["schemas"]


def valid(name: str, value: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return Draft202012Validator(schema).is_valid(value)


def test_the_file_is_the_programs_own() -> None:
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(document())), "run `python docs/generate.py`"


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in SCHEMAS
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


HELLO = [{"role": "user", "content": "Say hello."}]
ASKED: list[tuple[str, Any, str, str]] = [
    ("/v1/chat/completions", {"model": "local", "messages": HELLO}, "ChatBody", "ChatCompletion"),
    ("/v1/responses", {"model": "local", "input": "Say hello."}, "ResponsesBody", "Response"),
    ("/v1/responses/compact", {"model": "local", "input": "Say hello."}, "ResponsesBody", "Compaction"),
    ("/v1/messages", {"model": "local", "max_tokens": 20, "messages": HELLO}, "MessagesBody", "Message"),
    ("/v1/messages/count_tokens", {"model": "local", "messages": HELLO}, "", "TokenCount"),
    ("/v1/completions", {"model": "local", "prompt": "Hello"}, "CompletionsBody", "TextCompletion"),
    (
        "/v1beta/models/local:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]},
        "GenerateContentRequest",
        "GenerateContentResponse",
    ),
    (
        "/v1beta/models/local:countTokens",
        {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]},
        "",
        "GeminiTokenCount",
    ),
    ("/v1/chat/completions", {"model": "local"}, "", "Error"),
    ("/v1/responses", {"model": "local"}, "", "Error"),
    ("/v1/messages", {"model": "local"}, "", "AnthropicError"),
    ("/v1beta/models/local:generateContent", {}, "", "GoogleError"),
    ("/v1beta/models/nobody:generateContent", {"contents": [{"parts": []}]}, "", "GoogleError"),
]


async def test_what_is_sent_and_answered_is_as_described(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession() as http:
        for path, body, request, answer in ASKED:
            assert not request or valid(request, body), path
            async with http.post(url + path, json=body) as response:
                told = await response.json()
            assert valid(answer, told), (path, told)
        for path, answer in (("/v1/models", "ModelList"), ("/v1beta/models", "GeminiModelList")):
            async with http.get(url + path) as response:
                assert valid(answer, await response.json())
        async with http.get(url + "/openapi.json") as response:
            assert await response.json() == json.loads(FILE.read_text())


@pytest.mark.parametrize(
    "path", ["/v1/responses", "/v1/messages", "/v1/completions", "/v1beta/models/m:generateContent"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_in_words(tmp_path: Path, path: str, method: str) -> None:
    async with (
        running_router(tmp_path, {"local": {"models": ["none.gguf"]}}) as (url, _),
        aiohttp.ClientSession() as http,
        http.request(method, url + path) as response,
    ):
        assert response.status == 405
        assert response.headers["allow"] == "POST"
        assert "POST" in (await response.json())["error"]["message"]
