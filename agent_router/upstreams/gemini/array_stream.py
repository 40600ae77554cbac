"""A stream of server-sent events told as one JSON array, element by element, as Gemini streams without `alt=sse`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

from agent_router.errors import ApiError
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reply import Reply
from agent_router.wire.gemini.errors import error_body

CONTENT_TYPE = b"application/json; charset=UTF-8"


class ArrayStream:
    """`events` are whole ones, and so is each element."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self._events = events
        self._begun = False

    async def relay(self) -> AsyncGenerator[bytes, None]:
        """The array from its beginning. Raises what reading the events raises; `broken` ends the array then."""
        try:
            async for block in self._events:
                # What is no object, such as a proxy's `[DONE]`, is none of Gemini's.
                if told := b"".join(self._element(data) for data in data_of(block) if data.startswith(b"{")):
                    yield told
            yield b"]" if self._begun else b"[]"
        finally:
            await self._events.aclose()

    def broken(self, error: ApiError) -> bytes:
        """The error in place of what was to come."""
        return self._element(error_body(error)) + b"]"

    def _element(self, data: bytes) -> bytes:
        begun, self._begun = self._begun, True
        return (b",\n" if begun else b"[") + data


def as_array(reply: Reply) -> Reply:
    """The same answer; one that is no stream of events as it is."""
    if reply.chunks is None:
        return reply
    stream = ArrayStream(reply.chunks)
    return replace(reply, content_type=CONTENT_TYPE, chunks=stream.relay(), broken=stream.broken)
