"""OpenAI's chat completions as a wire."""

from __future__ import annotations

from collections.abc import Mapping

from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.chat import render, stream
from agent_router.wire.chat.body import read
from agent_router.wire.chat.parse import completion_request
from agent_router.wire.chat.prompt import prompt
from agent_router.wire.chat.render import Answer
from agent_router.wire.chat.stream import CONTENT_TYPE, KEEP_ALIVE, ChunkStream


class ChatWire:
    """See `Wire`."""

    name = "chat"
    alive = KEEP_ALIVE

    def content_type(self, call: Call) -> bytes:
        """See `Wire`."""
        return CONTENT_TYPE

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str = "") -> Call:
        """See `Wire`."""
        body = read(raw)
        options = body.stream_options
        return Call(
            wire=self.name,
            raw=raw,
            model=str(body.model),
            prompt=prompt(body),
            parse=lambda: completion_request(body),
            body=body,
            stream=bool(body.stream),
            include_usage=bool(options and options.include_usage),
        )

    def answer(self, call: Call, id: str, model: str, created: int) -> Answer:
        """See `Wire`."""
        return Answer(f"chatcmpl-ar{id}", model, created)

    def stream(self, call: Call, id: str, model: str, created: int) -> ChunkStream:
        """See `Wire`."""
        return ChunkStream(f"chatcmpl-ar{id}", model, created, include_usage=call.include_usage)

    def error_body(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return render.error_body(error)

    def error_event(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return stream.error_event(error)
