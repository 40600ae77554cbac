"""/api/live as a browser reads it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from agent_dashboards import live_stream
from agent_telemetry.live import Running

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site


async def next_event(answer: aiohttp.ClientResponse) -> tuple[str, Any]:
    """The name and data of the next event; comments have the name ":"."""
    lines = (await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 30)).decode().splitlines()
    if lines[0].startswith(":"):
        return ":", lines[0]
    return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


async def test_requests_as_they_begin_and_end(client: aiohttp.ClientSession, site: Site) -> None:
    site.feed.finished(site.row("before"))
    async with client.get("/api/live") as answer:
        assert answer.content_type == "text/event-stream"
        name, data = await next_event(answer)
        assert name == "snapshot"
        assert [row["id"] for row in data["finished"]] == ["before"]
        assert (await next_event(answer))[0] == "ledger"
        site.feed.started(Running(id="a", agent="codex", requested_model="auto", time=site.row().time))
        name, data = await next_event(answer)
        assert (name, data["id"], data["status"], data["shown"]["model"]) == ("started", "a", "running", "…")
        site.feed.finished(site.row("a", requested_model="<b>\n\nevent: x\ud800"))
        name, data = await next_event(answer)
        assert (name, data["id"], data["output"]) == ("finished", "a", 5)
        assert data["shown"]["requested"] == "<b>\ufffd\ufffdevent: x?"
        assert data["requested_model"] == "<b>\n\nevent: x?"
        assert data["shown"]["kind"] == "open-device"


async def test_losses_are_told_when_they_change(client: aiohttp.ClientSession, site: Site) -> None:
    async with client.get("/api/live") as answer:
        await next_event(answer)
        assert (await next_event(answer))[1] == {"healthy": True, "lost": 0, "error": None}
        site.status["ledger"] = {"healthy": False, "lost": 3, "error": "full", "written": 4, "pending": 2}
        site.feed.finished(site.row("a"))
        assert (await next_event(answer))[0] == "finished"
        assert await next_event(answer) == ("ledger", {"healthy": False, "lost": 5, "error": "full"})


async def test_silence_is_kept_alive(
    client: aiohttp.ClientSession, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "KEEP_ALIVE_S", 0.05)
    async with client.get("/api/live") as answer:
        await next_event(answer)
        await next_event(answer)
        assert await next_event(answer) == (":", ": keep-alive")
        site.feed.finished(site.row("a"))
        while (event := await next_event(answer))[0] == ":":
            pass
        assert event[0] == "finished"


async def test_a_burst_becomes_a_snapshot(client: aiohttp.ClientSession, site: Site) -> None:
    async with client.get("/api/live") as answer:
        await next_event(answer)
        await next_event(answer)
        for i in range(2000):
            site.feed.finished(site.row(str(i)))
        name, data = await next_event(answer)
        assert name == "snapshot"
        assert [row["id"] for row in data["finished"]] == [str(i) for i in range(1999, 1949, -1)]


async def test_it_ends_with_the_feed_and_lets_go_of_those_who_leave(client: aiohttp.ClientSession, site: Site) -> None:
    async with client.get("/api/live") as leaves:
        await next_event(leaves)
    async with client.get("/api/live") as stays:
        await next_event(stays)
        async with asyncio.timeout(30):
            while len(site.feed._subscriptions) > 1:
                await asyncio.sleep(0.01)
        site.feed.close()
        await asyncio.wait_for(stays.content.read(), 30)  # to the end
    async with client.get("/api/live") as late:
        assert await asyncio.wait_for(late.content.read(), 30) == b""
