"""A stream in which nothing comes for a while shows that it lives, in every dialect that has a sign for it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from agent_router import silence
from agent_router.silence import Silence
from agent_router.upstreams.event_boundary import data_of
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

ASKED = [{"role": "user", "content": "count to 9"}]
STREAMS = {
    "/v1/messages": ({"messages": ASKED, "max_tokens": 60}, b'event: ping\ndata: {"type":"ping"}\n\n'),
    "/v1/responses": ({"input": ASKED}, b": keep-alive\n\n"),
    "/v1/completions": ({"prompt": "count to 9"}, b": keep-alive\n\n"),
    "/v1beta/models/up/m:streamGenerateContent?alt=sse": ({"contents": [{"parts": [{"text": "count to 9"}]}]}, b""),
}


@pytest.mark.parametrize("path", STREAMS)
async def test_a_silent_stream_shows_that_it_lives(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SECONDS", 0.05)
    body, sign = STREAMS[path]
    async with ScriptedUpstream(speaks={"chat"}) as upstream:
        upstream.script("stall_mid_stream:after=4,seconds=0.5")
        settings = {"upstreams": {"up": {"base_url": upstream.base_url, "models": ["m"]}}}
        async with (
            running_router(tmp_path, settings) as (url, _),
            aiohttp.ClientSession(url) as http,
            http.post(path, json={**body, "model": "up/m", "stream": True}) as response,
        ):
            raw = await response.read()
    assert [json.loads(data) for data in data_of(raw) if data != b"[DONE]"]
    if sign:
        assert raw.count(sign) > 2
    else:
        assert b"\n:" not in raw


async def test_what_speaks_needs_no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SECONDS", 0.05)
    told: list[bytes] = []

    async def send(sign: bytes) -> None:
        told.append(sign)
        raise OSError("the client is gone")

    with Silence(send, b"*") as quiet:
        for _ in range(15):
            quiet.heard = True
            await asyncio.sleep(0.01)
        assert told == []
        await asyncio.sleep(0.2)
        assert told
    before = len(told)
    await asyncio.sleep(0.15)
    assert len(told) == before
