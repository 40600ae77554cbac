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
    """The whole body; ApiError 413 over `limit` bytes, 400 where its length is no number, 415 if it is compressed."""
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise ApiError(415, "Compressed request bodies are not read; send it plain.", code="unsupported_encoding")
    if _declared(headers) > limit:
        # A client that waits for our go-ahead has sent nothing that would have to be read.
        if headers.get(b"expect", b"").lower() != b"100-continue":
            await _drain(receive)
        raise _too_large(limit)
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            if more:
                await _drain(receive)
            raise _too_large(limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _declared(headers: Mapping[bytes, bytes]) -> int:
    """What `content-length` says, in bytes; 0 if it says nothing."""
    length = headers.get(b"content-length", b"").strip()
    if not length:
        return 0
    # Not `int`, which also takes signs and underscores; nineteen digits are more than there is.
    if not length.isdigit() or len(length) > 19:
        raise ApiError(400, "The header content-length is no number of bytes.", code="invalid_content_length")
    return int(length)


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
