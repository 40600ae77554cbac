"""Stands between a client and the router, changes nothing, and keeps what the client sent and which row it became."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

_HOPS = frozenset({"host", "connection", "transfer-encoding", "content-length", "keep-alive", "upgrade", "expect"})


@dataclass(frozen=True)
class Sent:
    """A request as the client sent it. `id` is the router's, by which its row is found; None if it gave none."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    status: int
    id: str | None


class Relay:
    """`sent` is all that came with a body, in the order of the answers' beginnings."""

    def __init__(self, router: str, port: int = 0) -> None:
        self.sent: list[Sent] = []
        self.port = port
        self._router = router

    @property
    def url(self) -> str:
        """Without /v1."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        app = web.Application(client_max_size=10**9)
        app.router.add_route("*", "/{path:.*}", self._pass)
        runner = web.AppRunner(app, auto_decompress=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        timeout = aiohttp.ClientTimeout(total=None)
        self._http = aiohttp.ClientSession(auto_decompress=False, timeout=timeout)
        try:
            yield self
        finally:
            await self._http.close()
            await runner.cleanup()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        body, at = await request.read(), time.time()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOPS}
        url = self._router + request.raw_path
        async with self._http.request(request.method, url, data=body or None, headers=headers) as answer:
            if body:
                lower = {name.lower(): value for name, value in request.headers.items()}
                id = answer.headers.get("x-agent-router-request-id")
                self.sent.append(Sent(request.path, lower, body, at, answer.status, id))
            response = web.StreamResponse(status=answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOPS:
                    response.headers.add(name, value)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response
