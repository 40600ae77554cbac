"""Which dialect a server is asked in, and what is found out about it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest

from agent_models.completion import CompletionRequest, Message, ToolCall, ToolCallDelta
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
from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import Behaviour, parse
from tests.upstreams.openai_wire import error
from tests.upstreams.step import Step
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


ONLY_RESPONSES = (404, "This model is only supported in v1/responses and not in v1/chat/completions.")
NO_TOOLS_HERE = (
    400,
    "Function tools with reasoning_effort are not supported for m in /v1/chat/completions. Please use /v1/responses.",
)


def sending_on(status: int, message: str) -> Behaviour:
    """Refuses chat in OpenAI's words, and answers whatever else."""

    def steps(answer: Answer) -> Iterable[Step]:
        if not answer.request.path.endswith("/chat/completions"):
            return parse("ok").steps(answer)
        refusal = answer.plain(error(status, message, "c"), status)
        return [refusal.head() + refusal.body]

    return Behaviour("sending on", "body", steps)


@pytest.mark.parametrize(
    ("call", "refusal", "paths"),
    [
        (chat, ONLY_RESPONSES, "cr r"),
        (messages, ONLY_RESPONSES, "cr r"),
        (messages, NO_TOOLS_HERE, "cr r"),
        (chat, NO_TOOLS_HERE, "cr cr"),  # without tools the next one may be answered as it came
    ],
)
async def test_a_refusal_that_names_another_endpoint_is_followed(
    connect: Connect, call: Callable[[], Call], refusal: tuple[int, str], paths: str
) -> None:
    async with ScriptedUpstream(sending_on(*refusal)) as server:
        upstream = connect(server)
        for expected in paths.split():
            server.clear()
            reply = await upstream.open(call(), "m")
            assert reply.events is not None
            await reply.close()
            assert "".join(path[0] for path in asked(server)) == expected


async def test_a_refusal_stands_where_the_user_allows_no_other_dialect(connect: Connect) -> None:
    async with ScriptedUpstream(sending_on(*ONLY_RESPONSES)) as server:
        assert (await connect(server, api="chat").open(chat(), "m")).status == 404
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("https://api.openai.com/v1", "responses"),
        ("https://eu.api.openai.com/v1", "responses"),
        ("https://api.openai.com.example.com/v1", "chat"),
        ("http://127.0.0.1:1/v1", "chat"),
    ],
)
def test_what_is_translated_goes_to_openais_responses(http: HttpClient, address: str, first: str) -> None:
    settings = Upstream(base_url=address)
    upstream = OpenAIUpstream("up", settings, Key("up", settings), http, Timeouts())
    assert [upstream._order(wire, "m")[0] for wire in ("messages", "gemini")] == [first, first]
    assert upstream._order("chat", "m")[0] == "chat"


@pytest.mark.parametrize(("kind", "given"), [("gemini", True), ("openai", False)])
async def test_googles_signatures_are_kept_for_google(http: HttpClient, kind: Any, given: bool) -> None:
    settings = Upstream(kind=kind, base_url="http://127.0.0.1:1/v1")
    upstream = OpenAIUpstream("up", settings, Key("up", settings), http, Timeouts())
    called = Message("assistant", (), (ToolCall("c", "f", "{}"),))
    body = upstream._speakers["chat"].dialect.body(CompletionRequest(messages=(called,)), "gemini-3-pro", False)
    assert ("extra_content" in body["messages"][0]["tool_calls"][0]) is given


async def test_a_custom_tool_reaches_other_servers_as_a_function_and_comes_back(connect: Connect) -> None:
    tool = {"type": "custom", "name": "patch"}
    raw = json.dumps({"model": "m", "input": "call patch", "tools": [tool], "metadata": {"a": "b"}, "user": "me"})
    call = ResponsesWire(ResponseStore()).read(raw.encode(), {})
    async with ScriptedUpstream(speaks={"chat"}) as server:
        reply = await connect(server).open(call, "m")
        assert reply.events is not None
        called = [event async for event in reply.events if isinstance(event, ToolCallDelta)]
        sent = json.loads(server.requests[-1].body)
    assert [(event.name, event.custom) for event in called] == [("patch", True)]
    assert [tool["type"] for tool in sent["tools"]] == ["function"]
    assert not sent.keys() & {"metadata", "user"}
