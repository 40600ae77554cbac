"""Which dialect a server is asked in, and what is found out about it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.openai import OpenAIUpstream
from agent_router.upstreams.reply import UpstreamFault
from agent_router.wire.call import Call
from agent_router.wire.chat.wire import ChatWire
from agent_router.wire.messages.wire import MessagesWire
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.upstream import ScriptedUpstream

HELLO: Any = [{"role": "user", "content": "hi"}]
Connect = Callable[..., OpenAIUpstream]


def chat() -> Call:
    return ChatWire().read(json.dumps({"model": "m", "messages": HELLO}).encode(), {})


def responses() -> Call:
    return ResponsesWire(ResponseStore()).read(json.dumps({"model": "m", "input": "hi"}).encode(), {})


def messages() -> Call:
    return MessagesWire().read(json.dumps({"model": "m", "max_tokens": 9, "messages": HELLO}).encode(), {})


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(1)
    yield client
    await client.close()


@pytest.fixture
def connect(http: HttpClient) -> Connect:
    def make(server: ScriptedUpstream, now: Callable[[], float] = time.monotonic, **more: Any) -> OpenAIUpstream:
        settings = Upstream(base_url=server.base_url, **more)
        return OpenAIUpstream("up", settings, Key("up", settings), http, Timeouts(first_byte=1, idle=1), now=now)

    return make


def asked(server: ScriptedUpstream) -> list[str]:
    return [request.path.removeprefix("/v1/") for request in server.requests]


async def test_a_server_of_chat_only_is_tried_once_in_responses(connect: Connect) -> None:
    async with ScriptedUpstream(speaks={"chat"}) as server:
        upstream = connect(server)
        for _ in range(3):
            reply = await upstream.open(responses(), "m")
            assert reply.events is not None
            await reply.close()
        assert asked(server) == ["responses", "chat/completions", "chat/completions", "chat/completions"]


async def test_a_server_of_responses_only_is_tried_once_in_chat(connect: Connect) -> None:
    async with ScriptedUpstream(speaks={"responses"}) as server:
        upstream = connect(server)
        for _ in range(3):
            reply = await upstream.open(chat(), "m")
            assert reply.events is not None
            await reply.close()
        assert asked(server) == ["chat/completions", "responses", "responses", "responses"]


async def test_a_server_of_both_gets_each_as_it_came(connect: Connect) -> None:
    async with ScriptedUpstream() as server:
        upstream = connect(server)
        for call, path in ((responses(), "responses"), (chat(), "chat/completions"), (messages(), "chat/completions")):
            reply = await upstream.open(call, "m")
            assert (reply.body is not None) == (call.wire != "messages")
            assert asked(server)[-1] == path
        assert len(server.requests) == 3


@pytest.mark.parametrize(("api", "path"), [("chat", "chat/completions"), ("responses", "responses")])
async def test_what_the_user_says_of_it_is_not_tried_out(connect: Connect, api: str, path: str) -> None:
    async with ScriptedUpstream() as server:
        upstream = connect(server, api=api)
        for call in (chat(), responses(), messages()):
            await (await upstream.open(call, "m")).close()
        assert asked(server) == [path] * 3


async def test_a_model_that_is_not_there_says_nothing_of_the_dialect(connect: Connect) -> None:
    async with ScriptedUpstream("status:code=404", "ok") as server:
        upstream = connect(server)
        reply = await upstream.open(responses(), "m")
        if reply.status == 404:
            await reply.close()
        assert len(server.requests) in (1, 2)
        await (await upstream.open(responses(), "m")).close()
        assert asked(server)[-1] == "responses"


def answered(status: int, body: bytes) -> Behaviour:
    return Behaviour("answered", "body", lambda right: [right.head(status, length=len(body), framing="length") + body])


@pytest.mark.parametrize(
    "message",
    [
        "Item with id 'rs_68af' not found. Items are not persisted when `store` is set to false.",
        "Previous response with id 'resp_1' not found.",
        "The model 'm' does not exist.",
    ],
)
async def test_a_thing_that_is_not_there_says_nothing_of_the_dialect(connect: Connect, message: str) -> None:
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}}).encode()
    async with ScriptedUpstream(answered(404, body), "ok") as server:
        upstream = connect(server)
        reply = await upstream.open(responses(), "m")
        assert (reply.status, reply.body) == (404, body)
        await (await upstream.open(responses(), "m")).close()
        assert asked(server) == ["responses", "responses"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"detail":"Not Found"}'),
        (404, b"404 page not found"),
        (404, b""),
        (404, b'{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}'),
        (404, b'{"error":{"message":"Unknown request URL: POST /v1/responses.","code":"unknown_url"}}'),
        (405, b'{"detail":"Method Not Allowed"}'),
    ],
)
async def test_an_absence_is_believed_for_ten_minutes(connect: Connect, status: int, body: bytes) -> None:
    async with ScriptedUpstream(answered(status, body), "ok") as server:
        now = 0.0
        upstream = connect(server, now=lambda: now)
        for seconds in (0, 599, 601):
            now = seconds
            await (await upstream.open(responses(), "m")).close()
        assert asked(server) == ["responses", "chat/completions", "chat/completions", "responses"]


async def test_a_fault_is_no_absence(connect: Connect) -> None:
    async with ScriptedUpstream("status:code=500", "ok", speaks={"chat", "responses"}) as server:
        upstream = connect(server)
        with pytest.raises(UpstreamFault):
            await upstream.open(responses(), "m")
        await (await upstream.open(responses(), "m")).close()
        assert asked(server) == ["responses", "responses"]
