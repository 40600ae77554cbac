"""A request's body off the wire, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from agent_router.errors import ApiError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A body over the limit is still read to its end, so that the client, which only reads when it has written, gets to
# see the refusal. This bounds how much and how long.
_DRAINED_BYTES = 256 * 1024 * 1024
_DRAINED_SECONDS = 10.0


class ClientLeftError(Exception):
    """The client closed the connection before its request was whole."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The whole body; ApiError 413 over `limit` bytes."""
    if int(headers.get(b"content-length", b"0") or b"0") > limit:
        if headers.get(b"expect", b"").lower() != b"100-continue":
            await _drain(receive)
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        pieces, size = [body], len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientLeftError
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > limit:
                await _drain(receive)
                raise _too_large(limit)
        body = b"".join(pieces)
    elif message["type"] == "http.disconnect":
        raise ClientLeftError
    return body


async def _drain(receive: Receive) -> None:
    size = 0
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            while size < _DRAINED_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return
    except TimeoutError:
        return


def _too_large(limit: int) -> ApiError:
    return ApiError(
        413,
        f"The request body is larger than {limit / 1024 / 1024:g} MiB ([server] max_body_bytes).",
        code="request_too_large",
    )
