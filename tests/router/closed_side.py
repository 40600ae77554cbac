"""A closed API whose answers the test decides, and routers in front of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from agent_router.app import App
from agent_router.config import LEDGER
from tests.running_router import running_router

SECRET = "Zyxomma"
"""A word of prompts that must not be found anywhere."""
Reply = Callable[[dict[str, Any]], str]


class ClosedSide:
    """Answers each request with what `reply` says to its body, streamed where that is asked for. `requests` counts."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.requests: list[dict[str, Any]] = []
        self.url = ""

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        text = self.reply(body)
        usage = {"prompt_tokens": 1000, "completion_tokens": 5, "total_tokens": 1005}
        head = {"id": "c", "created": 1, "model": "gpt-5.4"}
        if not body.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            return web.json_response({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for delta, reason in (({"role": "assistant", "content": text}, None), ({}, "stop")):
            chunk = {"index": 0, "delta": delta, "finish_reason": reason}
            data = {**head, "object": "chat.completion.chunk", "choices": [chunk]}
            await response.write(b"data: " + json.dumps(data).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        return response

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ClosedSide]:
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()


class House:
    """A running router with a client. `ask` returns (text, headers)."""

    def __init__(self, url: str, app: App, http: aiohttp.ClientSession) -> None:
        self.url, self.app, self.http = url, app, http

    async def ask(self, content: str, *, wait: bool = True, headers: Any = None, **more: Any) -> tuple[str, Any]:
        """One request for `auto`; with `wait` until what it leads to in the background is done."""
        body = {"model": "auto", "messages": [{"role": "user", "content": content}], **more}
        async with self.http.post(f"{self.url}/v1/chat/completions", json=body, headers=headers) as response:
            raw = await response.read()
            assert response.status == 200, raw
            found = response.headers
        if wait:
            await self.idle()
        return (raw.decode() if more.get("stream") else json.loads(raw)["choices"][0]["message"]["content"]), found

    async def idle(self) -> None:
        """Until nothing is tried in the background any more."""
        learning = self.app._learning
        assert learning is not None
        for _ in range(1000):
            await asyncio.sleep(0.005)
            if not learning.shadow.busy and not learning.audits.busy:
                return
        raise AssertionError("work in the background does not end")


@asynccontextmanager
async def house(data: Path, closed: ClosedSide, **routing: Any) -> AsyncIterator[House]:
    """A router over a data folder, that may try things however busy this machine is."""
    routing = {"shadow": {"load": 100, **routing.pop("shadow", {})}, **routing}
    settings = {"upstreams": {"openai": {"base_url": closed.url, "models": ["gpt-5.4"]}}, "routing": routing}
    async with running_router(data, settings) as (url, app), aiohttp.ClientSession() as http:
        yield House(url, app, http)


def heartbeat(number: int) -> str:
    """What the bundled model answers with HEARTBEAT_OK."""
    return (
        f"[OpenClaw heartbeat poll] {10 + number % 12}:{number % 60:02}. Read HEARTBEAT.md if it exists. {SECRET} says "
        "that nothing needs attention: answer HEARTBEAT_OK."
    )


def agreeing(body: dict[str, Any]) -> str:
    return "HEARTBEAT_OK"


def written(path: Path, sql: str) -> list[Any]:
    conn = sqlite3.connect(path / LEDGER)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


async def taught(router: House, times: int = 16) -> list[str]:
    """The routes that so many heartbeats took."""
    return [(await router.ask(heartbeat(i), stream=i % 2 == 0))[1]["x-agent-router-route"] for i in range(times)]
