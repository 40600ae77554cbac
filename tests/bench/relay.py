"""The floor: the router's own stack (uvicorn, httptools, uvloop, one plain ASGI callable, aiohttp) that only relays.

No routing, no ledger, no observing: what is slower than this is the router's own work.
``python -m tests.bench.relay --port P --upstream http://127.0.0.1:U``.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
FORWARDED = (b"authorization", b"content-type", b"accept")


class Relay:
    """An ASGI application that sends every request on and every byte back."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._client: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"] if name in FORWARDED}
        assert self._client is not None
        url = self._upstream + scope["path"]
        async with self._client.request(scope["method"], url, data=body, headers=headers) as answer:
            kind = answer.headers.get("content-type", "").encode()
            if answer.headers.get("transfer-encoding") != "chunked":
                whole = await answer.read()
                length = str(len(whole)).encode()
                start = [(b"content-type", kind), (b"content-length", length)]
                await send({"type": "http.response.start", "status": answer.status, "headers": start})
                await send({"type": "http.response.body", "body": whole})
                return
            start = [(b"content-type", kind)]
            await send({"type": "http.response.start", "status": answer.status, "headers": start})
            async for data in answer.content.iter_any():
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._client.close()
        await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serves until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, help="address without /v1")
    options = parser.parse_args()
    uvicorn.run(Relay(options.upstream), port=options.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
