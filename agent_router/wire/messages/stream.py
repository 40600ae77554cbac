"""Events become server-sent events in Anthropic's dialect. Source: its reference, "Streaming Messages"."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.wire.in_turn import InTurn
from agent_router.wire.messages.errors import error_event
from agent_router.wire.messages.render import message_object, stop_fields, usage_object
from agent_router.wire.messages.signature import SIGNATURE

CONTENT_TYPE = b"text/event-stream; charset=utf-8"


def sse(event: dict[str, Any]) -> bytes:
    """One server-sent event, named by its type."""
    return b"event: " + str(event["type"]).encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"


PING = sse({"type": "ping"})
_encode = msgspec.json.encode
_BEFORE_TEXT = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":'
)
_BEHIND_TEXT = b"}}\n\n"


class MessageStream:
    """See `wire.Stream`. One block is open at a time, as Anthropic's own are: of calls at the same time the first is
    told as it comes, the others when it is whole."""

    final: bytes | None = None

    def __init__(self, id: str, model: str) -> None:
        self._message = message_object(id, model)
        self._index = -1
        self._before_text = b""
        self._open: str | None = None  # the kind of the block that is open, or the call in it
        self._turn = InTurn()
        self._refused = False
        self._stop: Stop | None = None
        self._usage: Usage | None = None

    def begin(self) -> bytes:
        """`message_start` and a ping."""
        return sse({"type": "message_start", "message": self._message}) + PING

    def add(self, event: Event) -> bytes:
        """The events for one more event."""
        if self._open == "text" and isinstance(event, TextDelta):  # nearly all: only the text is new
            return self._before_text + _encode(event.text) + _BEHIND_TEXT if event.text else b""
        return b"".join(map(self._told, self._turn.add(event)))

    def _told(self, event: Event) -> bytes:
        match event:
            case TextDelta() | RefusalDelta() if event.text:
                self._refused = self._refused or isinstance(event, RefusalDelta)
                begun = self._into("text", {"type": "text", "text": ""})
                self._before_text = _BEFORE_TEXT % self._index
                return begun + self._delta({"type": "text_delta", "text": event.text})
            case ReasoningDelta():
                begun = self._into("thinking", {"type": "thinking", "thinking": "", "signature": ""})
                return begun + self._delta({"type": "thinking_delta", "thinking": event.text})
            case ToolCallDelta():
                call = {"type": "tool_use", "id": event.id or "", "name": event.name or "", "input": {}}
                begun = self._into(f"call {event.index}", call)
                more = {"type": "input_json_delta", "partial_json": event.arguments}
                return begun + self._delta(more) if event.arguments else begun
            case Stop():
                self._stop = event
            case Usage():
                self._usage = event
        return b""

    def end(self) -> bytes:
        """The last block's end, `message_delta` with the stop reason and the tokens, `message_stop`."""
        closed = b"".join(map(self._told, self._turn.rest())) + self._close()
        usage = usage_object(self._usage)
        last = sse({"type": "message_delta", "delta": stop_fields(self._stop, refused=self._refused), "usage": usage})
        return closed + last + sse({"type": "message_stop"})

    def fail(self, error: ApiError) -> bytes:
        """The `error` event."""
        return error_event(error)

    def _into(self, kind: str, block: dict[str, Any]) -> bytes:
        """Have a block of this kind open."""
        if self._open == kind:
            return b""
        closed = self._close()
        self._index += 1
        self._open = kind
        return closed + sse({"type": "content_block_start", "index": self._index, "content_block": block})

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        signed = self._delta({"type": "signature_delta", "signature": SIGNATURE}) if self._open == "thinking" else b""
        self._open = None
        return signed + sse({"type": "content_block_stop", "index": self._index})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return sse({"type": "content_block_delta", "index": self._index, "delta": delta})
