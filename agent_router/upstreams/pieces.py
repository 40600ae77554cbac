"""The body of an upstream's answer, as it comes."""

from __future__ import annotations

from agent_router.upstreams.deadline import Deadline
from agent_router.upstreams.http_connection import HttpResponse
from agent_router.upstreams.http_errors import BrokenError, NotHttpError
from agent_router.upstreams.reply import StreamCutError

MAX_ANSWER_BYTES = 64 * 1024 * 1024
GARBLED, TOO_LARGE = "garbled", "answer_too_large"
"""Codes of a StreamCutError that say more than that the connection broke."""
# What may still come after the answer has said that it ended.
_LINGER = 1.0


class Pieces:
    """Iterates over the body's bytes; StreamCutError if it breaks off.

    Closing it early closes the connection, which is what stops the upstream. It can be closed before it was
    iterated, unlike an async generator, and so never leaves a connection behind.
    """

    __slots__ = ("_deadline", "_idle", "_lingers", "_name", "response", "streaming")

    def __init__(self, name: str, response: HttpResponse, deadline: Deadline, idle: float) -> None:
        self.response = response
        self.streaming = False
        self._name = name
        self._deadline = deadline
        self._idle = idle
        self._lingers = False

    def watch_idle(self) -> None:
        """The answer has begun: from now on nothing coming for the idle time is a break.

        Only while somebody waits for it: a caller that reads slowly makes the upstream wait, which is not its fault.
        """
        self.streaming = True
        self._deadline.allow(self._idle)

    def linger(self) -> None:
        """The answer has ended: wait only a moment for the end of the connection's part, so that it can be reused."""
        if not self.response.complete:
            self._lingers = True
            self._deadline.allow(min(self._idle, _LINGER))

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        counts = self.streaming and not self._lingers
        if counts:
            self._deadline.begin()
        try:
            piece = await self.response.read()
        except NotHttpError as error:
            raise StreamCutError(f"Upstream {self._name} does not speak HTTP as it should: {error}.", GARBLED) from None
        except BrokenError:
            raise self._cut() from None
        if not piece:
            raise StopAsyncIteration
        if counts:
            self._deadline.rest()
        return piece

    def _cut(self) -> StreamCutError:
        if self._deadline.expired:
            seconds = self._deadline.seconds
            return StreamCutError(f"Upstream {self._name} sent nothing for {seconds:g} s.", "idle_timeout")
        return StreamCutError(f"Upstream {self._name} closed the connection in the middle of its answer.")

    async def whole(self, begun: bytes = b"") -> bytes:
        """All that is still to come after `begun`; StreamCutError if it exceeds `MAX_ANSWER_BYTES`."""
        body = bytearray(begun)
        async for piece in self:
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise StreamCutError(f"The answer of upstream {self._name} is too large.", TOO_LARGE)
        return bytes(body)

    async def aclose(self) -> None:
        """Stop the upstream if it still sends; else the connection stays for the next request."""
        self._deadline.cancel()
        self.response.close()
