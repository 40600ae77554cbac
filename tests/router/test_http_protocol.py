"""A client that leaves is told of at once, and only to those who want to know."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

from agent_router.http_protocol import LEAVING, HttpProtocol
from agent_router.server import bind


async def test_whoever_asked_is_told_when_the_client_leaves() -> None:
    told: list[str] = []
    asked, gone = asyncio.Event(), asyncio.Event()

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        leaving = scope["extensions"][LEAVING]

        def forgotten() -> None:
            told.append("forgotten")

        def left() -> None:
            told.append("left")
            gone.set()

        leaving.add(forgotten)
        leaving.add(left)
        leaving.discard(forgotten)
        asked.set()
        await gone.wait()

    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, http=HttpProtocol, ws="none", lifespan="off", log_config=None))
    serving = asyncio.ensure_future(server._serve([listener]))
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        _, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.wait_for(asked.wait(), 10)
        assert told == []
        writer.close()
        await asyncio.wait_for(gone.wait(), 10)
        assert told == ["left"]
        await writer.wait_closed()
    finally:
        server.should_exit = True
        await serving
        listener.close()
