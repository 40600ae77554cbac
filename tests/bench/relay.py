"""The floor: the router's own stack (uvicorn, httptools, uvloop, one plain ASGI callable, its HTTP client) that only
relays.

No routing, no ledger, no observing: what is slower than this is the router's own work.
``python -m tests.bench.relay --port P --upstream http://127.0.0.1:U``.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from agent_router.http_protocol import HttpProtocol
from agent_router.upstreams.http_client import Address, HttpClient

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
FORWARDED = (b"authorization", b"content-type", b"accept")


class Relay:
    """An ASGI application that sends every request on and every byte back."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._client = HttpClient(5)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        address = Address.of(self._upstream + scope["path"])
        head = b"POST %s HTTP/1.1\r\nhost: %s\r\n" % (address.path.encode(), address.authority.encode())
        head += b"".join(b"%s: %s\r\n" % header for header in scope["headers"] if header[0] in FORWARDED)
        connection = await self._client.connection(address)
        connection.send(head + b"content-length: %d\r\n\r\n" % len(body), body)
        answer = await connection.head()
        start = [header for header in answer.headers if header[0] in (b"content-type", b"content-length")]
        await send({"type": "http.response.start", "status": answer.status, "headers": start})
        while data := await answer.read():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
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
    uvicorn.run(
        Relay(options.upstream), port=options.port, http=HttpProtocol, ws="none", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
