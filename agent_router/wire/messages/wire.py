"""Anthropic's messages as a wire."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.messages import errors
from agent_router.wire.messages.body import read
from agent_router.wire.messages.parse import completion_request
from agent_router.wire.messages.prompt import prompt
from agent_router.wire.messages.render import Answer
from agent_router.wire.messages.signature import without_ours
from agent_router.wire.messages.stream import CONTENT_TYPE, PING, MessageStream

_BETA = "beta=true"  # what Anthropic's SDK adds to the address where it asks for what is new


class MessagesWire:
    """See `Wire`."""

    name = "messages"
    alive = PING

    def content_type(self, call: Call) -> bytes:
        """See `Wire`."""
        return CONTENT_TYPE

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str = "", *, counting: bool = False) -> Call:
        """See `Wire`. `counting`: only its tokens are asked for."""
        body = read(raw, counting=counting)
        return Call(
            wire=self.name,
            raw=raw,
            model=str(body.model),
            prompt=prompt(msgspec.to_builtins(body)),
            parse=lambda: completion_request(body),
            body=body,
            stream=bool(body.stream),
            include_usage=True,
            native=lambda provider: without_ours(raw),
            query=_BETA if _BETA in path.partition("?")[2].split("&") else "",
        )

    def answer(self, call: Call, id: str, model: str, created: int) -> Answer:
        """See `Wire`."""
        return Answer(f"msg_ar{id}", model)

    def stream(self, call: Call, id: str, model: str, created: int) -> MessageStream:
        """See `Wire`."""
        return MessageStream(f"msg_ar{id}", model)

    def error_body(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_body(error)

    def error_event(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_event(error)
