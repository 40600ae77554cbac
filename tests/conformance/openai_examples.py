"""OpenAI's own examples against a router: each request of its OpenAPI file, and the answer against the file's schema.

``python -m tests.conformance.openai_examples SPEC URL MODEL``; run by `python -m tests.conformance`. The file is
`openapi.json` of github.com/openai/openai-openapi.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import aiohttp
from jsonschema import Draft202012Validator

from agent_router.upstreams.event_boundary import data_of

ASKED = (
    "/chat/completions",
    "/responses",
    "/responses/compact",
    "/responses/input_tokens",
    "/completions",
    "/embeddings",
)
"""What the examples of are sent; the rest of what a router serves is read back below."""


def _nullable(schema: Any) -> Any:
    """The schema in JSON Schema's words: the file still says `nullable` in places, as OpenAPI 3.0 did."""
    if isinstance(schema, list):
        return [_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _nullable(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def _read(path: Path) -> dict[str, Any]:
    """The file, with null where its own example answers have it and its schemas have not."""
    spec: dict[str, Any] = _nullable(json.loads(path.read_text("utf-8")))
    schemas = spec["components"]["schemas"]
    response = schemas["Response"]["allOf"][-1]["properties"]
    completion = schemas["CreateCompletionResponse"]["properties"]["choices"]["items"]["properties"]
    for fields, name in ((response, "usage"), (completion, "finish_reason")):  # while a stream goes on
        fields[name] = {"anyOf": [fields[name], {"type": "null"}]}
    return spec


class Examples:
    """The file's examples and schemas, and what a router made of them."""

    def __init__(self, spec: dict[str, Any], http: aiohttp.ClientSession, model: str) -> None:
        self._spec = spec
        self._model = model
        self._http = http
        self.passed = 0
        self.problems: list[str] = []

    async def run(self) -> None:
        """Every example of what is asked, then what is read back of a stored response."""
        for path in ASKED:
            told = self._spec["paths"][path]["post"]["x-oaiMeta"]["examples"]
            for example in told if isinstance(told, list) else [told]:
                body = self._body(example["request"]["curl"])
                await self._judge(path, "post", body, example.get("title") or "example")
        async with self._http.post("/v1/responses", json={"model": self._model, "input": "Hello!"}) as response:
            stored = (await response.json())["id"]
        for path, method in (
            ("/responses/{response_id}", "get"),
            ("/responses/{response_id}/input_items", "get"),
            ("/responses/{response_id}", "delete"),
            ("/models", "get"),
            ("/models/{model}", "get"),
        ):
            await self._judge(path, method, None, method, path.format(response_id=stored, model=self._model))

    def _body(self, curl: str) -> dict[str, Any]:
        """The body of a curl command, with the model under test; a stand-in for what its example leaves out."""
        found = re.search(r"(?:-d|--data)\s+'(.*)'", curl, re.S)
        assert found, curl
        return {**json.loads(found[1]), "model": self._model}

    async def _judge(self, path: str, method: str, body: dict[str, Any] | None, title: str, address: str = "") -> None:
        name = f"{method} {path}, {title}"
        async with self._http.request(method, f"/v1{address or path}", json=body) as response:
            raw = await response.read()
        if response.status != 200:
            self.problems.append(f"{name}: {response.status} {raw[:200].decode()}")
            return
        content = self._spec["paths"][path][method]["responses"]["200"].get("content", {})
        streamed = bool(body and body.get("stream"))
        kind = "text/event-stream" if streamed and "text/event-stream" in content else "application/json"
        schema = content.get(kind, {}).get("schema", {})
        bodies = [each for each in data_of(raw) if each != b"[DONE]"] if streamed else [raw]
        validator = Draft202012Validator({**schema, "components": self._spec["components"]})
        for each in bodies:
            if problem := next(iter(validator.iter_errors(json.loads(each))), None):
                self.problems.append(f"{name}: {problem.json_path}: {problem.message[:200]}")
                return
        self.passed += 1


async def main(spec: str, url: str, model: str) -> int:
    """Run the examples and say how many answers are as the file says."""
    async with aiohttp.ClientSession(url) as http:
        examples = Examples(_read(Path(spec)), http, model)
        await examples.run()
    print(f"{examples.passed} of {examples.passed + len(examples.problems)}", *examples.problems, sep="\n")
    return 1 if examples.problems else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:4])))
