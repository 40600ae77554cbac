"""The body of an upstream's answer, as it comes."""

from __future__ import annotations

import asyncio

import aiohttp

from agent_router.upstreams.reply import StreamCutError

MAX_ANSWER_BYTES = 256 * 1024 * 1024
# What may still come after the answer has said that it ended.
_LINGER = 1.0


class Pieces:
    """Iterates over the body's bytes; StreamCutError if it breaks off.

    Closing it early closes the connection, which is what stops the upstream. It can be closed before it was
    iterated, unlike an async generator, and so never leaves a connection behind.
    """

    def __init__(self, name: str, response: aiohttp.ClientResponse, idle: float) -> None:
        self._name = name
        self._response = response
        self._content = response.content
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    def watch_idle(self) -> None:
        """From now on nothing coming for the idle time is a break."""
        self._last = self._loop.time()
        self._timer = self._loop.call_later(self._idle, self._check)

    def linger(self) -> None:
        """The answer has ended: wait only a moment for the end of the connection's part, so that it can be reused."""
        self._idle = min(self._idle, _LINGER)
        if self._timer is not None:
            self._timer.cancel()
        self.watch_idle()

    def _check(self) -> None:
        # One timer that re-arms itself: a timer a piece would cost more than relaying the piece.
        left = self._last + self._idle - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check)
        else:
            self._expired = True
            self._response.close()

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._content.readany()
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError):
            raise self._cut() from None
        if piece:
            self._last = self._loop.time()
            return piece
        if self._expired:
            raise self._cut()
        raise StopAsyncIteration

    def _cut(self) -> StreamCutError:
        if self._expired:
            return StreamCutError(f"Upstream {self._name} sent nothing for {self._idle:g} s.", "idle_timeout")
        return StreamCutError(f"Upstream {self._name} closed the connection in the middle of its answer.")

    async def whole(self, begun: bytes = b"") -> bytes:
        """All that is still to come after `begun`; StreamCutError if it exceeds `MAX_ANSWER_BYTES`."""
        body = bytearray(begun)
        async for piece in self:
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise StreamCutError(f"The answer of upstream {self._name} is too large.", "answer_too_large")
        return bytes(body)

    async def aclose(self) -> None:
        """Stop the upstream if it still sends; else the connection stays for the next request."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._content.at_eof():
            self._response.close()
