"""Errors that come in place of an answer, with status 200: what they mean, in every dialect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_router.upstreams.event_errors import error_in, event_fault
from tests.running_router import running_router
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.upstream import ScriptedUpstream

LONG = "Your input exceeds the context window of this model."


@pytest.mark.parametrize(
    ("error", "kind", "status", "code"),
    [
        ({"code": "context_length_exceeded", "message": LONG}, "rejected", 400, "context_length_exceeded"),
        ({"code": "invalid_prompt"}, "rejected", 400, "invalid_prompt"),
        ({"code": "string_above_max_length", "type": "x"}, "rejected", 400, "string_above_max_length"),
        ({"code": "odd", "type": "invalid_request_error"}, "rejected", 400, "odd"),
        ({"code": 400, "message": "no"}, "rejected", 400, "400"),
        ({"type": "invalid_request_error"}, "rejected", 400, "invalid_request_error"),
        ({"code": "model_not_found"}, "rejected", 404, "model_not_found"),
        ({"type": "authentication_error"}, "refused", 401, "authentication_error"),
        ({"code": "rate_limit_exceeded"}, "rate_limited", 429, "rate_limit_exceeded"),
        ({"code": "insufficient_quota"}, "refused", 429, "insufficient_quota"),
        ({"type": "overloaded_error"}, "status", 503, "overloaded_error"),
        ({"code": "server_error", "message": "sk-secret"}, "status", 503, "server_error"),
        ({"code": 503}, "status", 503, "503"),
        ({"message": "overloaded"}, "garbled", 503, None),
        ("overloaded", "garbled", 503, None),
        (None, "garbled", 503, None),
        ({"code": True, "type": ["x"], "message": {}}, "garbled", 503, None),
    ],
)
def test_what_an_error_means(error: Any, kind: str, status: int, code: str | None) -> None:
    fault = event_fault("up", error_in(error), key="sk-secret")
    assert (fault.kind, fault.status, fault.code) == (kind, status, code)
    assert fault.message
    assert "sk-secret" not in fault.message


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\n".encode() + b"data: " + json.dumps({"type": kind, **fields}).encode() + b"\n\n"


def responses(code: str) -> list[bytes]:
    error = {"code": code, "message": LONG}
    response = {"id": "resp_1", "object": "response", "status": "failed", "output": [], "error": error}
    failed = event("response.created", response=response) + event("response.failed", response=response)
    return [failed, event("error", **error, param=None), event("error", error=error), json.dumps(response).encode()]


def chat(code: str) -> list[bytes]:
    body = json.dumps({"error": {"code": code, "message": LONG}}).encode()
    return [b"data: " + body + b"\n\n", body]


def messages(code: str) -> list[bytes]:
    kinds = {"context_length_exceeded": "invalid_request_error", "rate_limit_exceeded": "rate_limit_error"}
    error = {"type": kinds.get(code, "overloaded_error"), "message": LONG}
    return [event("error", error=error), json.dumps({"type": "error", "error": error}).encode()]


@pytest.mark.parametrize(
    ("code", "status", "tries"),
    [("context_length_exceeded", 400, 1), ("rate_limit_exceeded", 429, 3), ("server_error", 503, 3)],
)
@pytest.mark.parametrize("errors", [responses, chat, messages])
@pytest.mark.parametrize("wire", ["responses", "chat/completions", "messages"])
async def test_an_error_that_comes_first_is_told_as_its_status(
    tmp_path: Path, wire: str, errors: Callable[[str], list[bytes]], code: str, status: int, tries: int
) -> None:
    speaks = errors.__name__
    async with ScriptedUpstream(speaks={speaks}) as server:
        settings: Any = {"base_url": server.url if speaks == "messages" else server.base_url, "models": ["m"]}
        settings |= {"kind": "anthropic"} if speaks == "messages" else {"api": speaks}
        config = {"upstreams": {"up": settings}, "routing": {"closed": "up/m"}}
        asked = {"model": "up/m", "max_tokens": 9, "stream": True, "input": "hi"}
        asked |= {"messages": [{"role": "user", "content": "hi"}]}
        async with running_router(tmp_path, config) as (url, app), aiohttp.ClientSession() as http:
            for number, body in enumerate(errors(code)):
                if status == 503 and number:
                    break  # the breaker would be open before long
                if wire == speaks and speaks == "responses" and body.startswith(b"{"):
                    continue  # a response that failed, which its callers understand
                before = server.count
                server.script(Behaviour(code, "body", lambda right, body=body: right.plain(body).whole()))
                async with http.post(f"{url}/v1/{wire}", json=asked) as answer:
                    told = json.loads(await answer.read())["error"]
                assert answer.status == status
                assert told["message"].endswith(LONG)
                assert told["code"] in (code, *(json.loads(messages(code)[1])["error"]["type"],))
                assert server.count - before == tries
            assert (app._chain.breakers["up"]._faults > 0) == (status == 503)
