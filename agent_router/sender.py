"""An answer on its way to the caller."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from agent_router import request_id
from agent_router.errors import ApiError
from agent_router.exchange import Exchange
from agent_router.request_body import Send
from agent_router.wire.wire import Errors

JSON = b"application/json"


class Sender:
    """Sends one answer, and knows whether it has begun. `errors` are the dialect's. `broken` makes the event that
    ends a stream which breaks, where more is known of it than that."""

    def __init__(self, exchange: Exchange, send: Send, errors: Errors) -> None:
        self._exchange = exchange
        self._send = send
        self._errors = errors
        self.broken: Callable[[ApiError], bytes] = errors.error_event
        self.streaming = False

    async def begin(self, status: int, content_type: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Status and headers of a stream."""
        self._exchange.first_byte = self._exchange.milliseconds()
        head = [(b"content-type", content_type), (b"cache-control", b"no-cache"), *self._headers(headers)]
        self.streaming = True
        await self._send({"type": "http.response.start", "status": status, "headers": head})

    async def more(self, chunk: bytes) -> None:
        """A piece of a stream: whole events."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self) -> None:
        """The end of a stream."""
        self._exchange.ended = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def whole(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """An answer in one piece."""
        self._exchange.first_byte = self._exchange.milliseconds()
        self._exchange.ended = True
        head: list[Any] = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
        head += self._headers(headers)
        await self._send({"type": "http.response.start", "status": status, "headers": head})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def _headers(self, passed: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The upstream's that are passed on, and ours; every answer has an id in the header of the caller's dialect."""
        own = self._exchange.headers()
        name = request_id.header(self._errors)
        if not any(each == name for each, _ in passed):
            own.append((name, request_id.told(self._exchange.id).encode()))
        return passed + own

    async def fail(self, error: ApiError, body: bytes | None = None) -> None:
        """An error: the whole answer if nothing was sent, else the event that ends the stream."""
        if self._exchange.ended:
            return
        error.request_id = request_id.told(self._exchange.id)
        # The client may be gone; there is nobody to tell then.
        with contextlib.suppress(OSError):
            if self.streaming:
                await self.more(self.broken(error))
                await self.end()
            else:
                await self.whole(error.status, body or self._errors.error_body(error), _again(error))


def _again(error: ApiError) -> list[tuple[bytes, bytes]]:
    """When, and whether, to ask again. Anthropic's and OpenAI's SDKs and Claude Code heed the second."""
    headers = []
    if error.retry_after is not None:
        headers.append((b"retry-after", str(int(error.retry_after + 0.999)).encode()))
    if error.final:
        headers.append((b"x-should-retry", b"false"))
    return headers
