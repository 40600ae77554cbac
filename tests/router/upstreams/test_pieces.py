"""The body of an answer: breaks, idle times, and what closing does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent_router.upstreams import pieces as pieces_module
from agent_router.upstreams.deadline import Deadline
from agent_router.upstreams.http_client import Address, HttpClient
from agent_router.upstreams.http_connection import HttpResponse
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reply import StreamCutError
from tests.router.upstreams.test_http_connection import ask
from tests.upstreams.upstream import ScriptedUpstream

BODY = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"one two three"}],"stream":true}'


async def post(client: HttpClient, server: ScriptedUpstream) -> HttpResponse:
    address = Address.of(server.base_url + "/chat/completions")
    head = f"POST {address.path} HTTP/1.1\r\nhost: {address.authority}\r\ncontent-length: {len(BODY)}\r\n\r\n"
    return await ask(client, address, head.encode(), BODY)


def read(response: HttpResponse, idle: float) -> Pieces:
    return Pieces("x", response, Deadline(response.close, 60), idle)


@asynccontextmanager
async def opened(server: ScriptedUpstream, idle: float = 5) -> AsyncIterator[tuple[Pieces, HttpClient]]:
    client = HttpClient(5)
    pieces = read(await post(client, server), idle)
    yield pieces, client
    await pieces.aclose()
    await client.close()


async def test_all_bytes_then_the_end(server: ScriptedUpstream) -> None:
    async with opened(server) as (pieces, _):
        body = b"".join([piece async for piece in pieces])
    assert body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("how", ["reset", "no_terminator"])
async def test_a_break_is_an_error(server: ScriptedUpstream, how: str) -> None:
    server.script(f"cut_after:events=2,how={how}")
    async with opened(server) as (pieces, _):
        with pytest.raises(StreamCutError) as cut:
            await pieces.whole()
    assert cut.value.code == "stream_cut"


async def test_idle_counts_only_once_it_is_watched(server: ScriptedUpstream) -> None:
    server.script("stall_mid_stream:seconds=0.3")
    async with opened(server, idle=0.05) as (pieces, _):
        assert (await pieces.whole()).endswith(b"data: [DONE]\n\n")
    async with opened(server, idle=0.05) as (pieces, _):
        pieces.watch_idle()
        with pytest.raises(StreamCutError) as cut:
            await pieces.whole()
    assert cut.value.code == "idle_timeout"
    assert "0.05 s" in str(cut.value)
    await server.wait_disconnect(2)


async def test_a_slow_stream_is_not_idle(server: ScriptedUpstream) -> None:
    server.script("slow:per_second=20")
    async with opened(server, idle=0.3) as (pieces, _):
        pieces.watch_idle()
        assert (await pieces.whole()).endswith(b"data: [DONE]\n\n")  # takes longer than 0.3 s in all
        await pieces.aclose()


async def test_lingering_ends_soon(server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "_LINGER", 0.05)
    server.script("cut_after:events=99,how=hang")
    async with opened(server, idle=60) as (pieces, _):
        pieces.watch_idle()
        pieces.linger()
        with pytest.raises(StreamCutError):
            await pieces.whole()


async def test_an_answer_that_is_read_to_its_end_leaves_the_connection_for_the_next(server: ScriptedUpstream) -> None:
    async with opened(server) as (pieces, client):
        await pieces.whole()
        await pieces.aclose()
        again = read(await post(client, server), 5)
        await again.whole()
        await again.aclose()
    assert server.connections == 1


async def test_closing_before_anything_was_read_stops_the_upstream(server: ScriptedUpstream) -> None:
    server.script("slow:per_second=2")
    async with opened(server) as (pieces, _):
        await pieces.aclose()
        await pieces.aclose()
        assert (await server.wait_disconnect(2)).disconnected_after is not None


async def test_cancelling_leaves_no_timer(server: ScriptedUpstream) -> None:
    server.script("stall_mid_stream")
    async with opened(server, idle=30) as (pieces, _):
        pieces.watch_idle()
        task = asyncio.ensure_future(pieces.whole())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await pieces.aclose()
        await server.wait_disconnect(2)
        assert pieces._deadline._timer is None


async def test_an_answer_without_end_is_refused(server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "MAX_ANSWER_BYTES", 100)
    async with opened(server) as (pieces, _):
        with pytest.raises(StreamCutError) as cut:
            await pieces.whole()
        await pieces.aclose()
    assert cut.value.code == "answer_too_large"
