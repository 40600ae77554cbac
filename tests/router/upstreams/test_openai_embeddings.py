"""Vectors of an upstream in OpenAI's dialect: byte for byte, or the right fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from agent_models.completion import Usage
from agent_router.routing.decision import Target
from agent_router.upstreams.chain import Chain
from agent_router.upstreams.reply import EmbeddingCall, UpstreamFault
from agent_router.wire.embeddings.body import read
from tests.chat_calls import KEY
from tests.embedding_calls import call
from tests.upstreams.openai_wire import embeddings
from tests.upstreams.received import Received
from tests.upstreams.upstream import ScriptedUpstream

Connect = Callable[..., Any]
MODEL = "text-embedding-3-small"


async def test_body_and_answer_pass_byte_for_byte(server: ScriptedUpstream, connect: Connect) -> None:
    raw = b'{ "input" : ["gr\xc3\xbc\\u00df", "b"],\n "model":"text-embedding-3-small", "more": {"b":1e2, "a":[]} }'
    reply = await connect().embed(EmbeddingCall(raw, read(raw)), MODEL)
    received = await server.next_request()
    assert (received.path, received.body) == ("/v1/embeddings", raw)
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert reply.body == embeddings(Received(b"POST /v1/embeddings HTTP/1.1", raw, 0, 0)).body
    assert reply.observed.model == MODEL
    assert reply.observed.usage == Usage(json.loads(reply.body)["usage"]["prompt_tokens"], 0)
    assert (b"x-request-id", b"req_scripted") in reply.headers


async def test_only_the_model_is_replaced(server: ScriptedUpstream, connect: Connect) -> None:
    raw = b'{"input":[[1,2],[3]],"model":"openai/x","dimensions":8,"encoding_format":"base64"}'
    await connect().embed(EmbeddingCall(raw, read(raw)), "x")
    assert (await server.next_request()).body == raw.replace(b"openai/x", b"x")


async def test_gemini_speaks_it_under_a_path_of_its_own(server: ScriptedUpstream, connect: Connect) -> None:
    await connect("gemini", url=server.url + "/v1beta").embed(call(), MODEL)
    assert (await server.next_request()).path == "/v1beta/openai/embeddings"


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("status:code=500", "status"),
        ("status:code=503,html=True", "status"),
        ("status:code=429,retry_after=2", "rate_limited"),
        ("status:code=401", "refused"),
        ("status:code=404,html=True", "rejected"),
        ("redirect", "garbled"),
        ("html", "garbled"),
        ("half_json", "garbled"),
        ("empty_body", "empty"),
        ("wrong_length", "reset"),
        ("reset_on_request", "reset"),
        ("stall_before_headers", "timeout"),
    ],
)
async def test_a_misbehaving_upstream_is_a_fault(
    server: ScriptedUpstream, connect: Connect, behaviour: str, kind: str
) -> None:
    server.script(behaviour)
    with pytest.raises(UpstreamFault) as fault:
        await connect(first_byte=0.3).embed(call(), MODEL)
    assert fault.value.kind == kind
    assert KEY not in fault.value.message + str(fault.value.body)


async def test_a_refusal_of_the_request_is_passed_on(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("status:code=400")
    reply = await connect().embed(call(), MODEL)
    assert reply.status == 400
    assert reply.observed.error == "upstream_400"
    assert KEY.encode() not in reply.body


async def test_a_fault_is_tried_again(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("status:code=500", "ok")
    attempted = await Chain({"test": connect()}).open(call(), (Target("test", MODEL),))
    assert attempted.reply.status == 200
    assert [kind for _, kind in attempted.faults] == ["status"]


async def test_leaving_stops_the_upstream(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("stall_before_headers")
    asking = asyncio.ensure_future(connect().embed(call(), MODEL))
    await server.next_request()
    asking.cancel()
    await server.wait_disconnect(2)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_anthropics_dialect_has_none(server: ScriptedUpstream, connect: Connect) -> None:
    with pytest.raises(UpstreamFault, match="no embeddings") as fault:
        await connect("anthropic").embed(call(), MODEL)
    assert (fault.value.kind, fault.value.status, fault.value.param) == ("unsupported", 400, "model")
    assert not server.requests
