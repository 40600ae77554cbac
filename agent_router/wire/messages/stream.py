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
    told as it comes, the others when all are whole."""

    final: bytes | None = None

    def __init__(self, id: str, model: str) -> None:
        self._message = message_object(id, model)
        self._index = -1
        self._before_text = b""
        self._open: str | None = None  # the kind of the block that is open, or the call in it
        self._waiting: dict[int, list[ToolCallDelta]] = {}  # of calls that began while another was open
        self._stop: Stop | None = None
        self._usage: Usage | None = None

    def begin(self) -> bytes:
        """`message_start` and a ping."""
        return sse({"type": "message_start", "message": self._message}) + PING

    def add(self, event: Event) -> bytes:
        """The events for one more event."""
        match event:
            case TextDelta() | RefusalDelta():
                if not event.text:
                    return b""
                if self._open == "text":  # nearly all: only the text is new
                    return self._before_text + _encode(event.text) + _BEHIND_TEXT
                begun = self._flush() + self._into("text", {"type": "text", "text": ""})
                self._before_text = _BEFORE_TEXT % self._index
                return begun + self._delta({"type": "text_delta", "text": event.text})
            case ReasoningDelta():
                begun = self._flush() + self._into("thinking", {"type": "thinking", "thinking": "", "signature": ""})
                return begun + self._delta({"type": "thinking_delta", "thinking": event.text})
            case ToolCallDelta():
                return self._call(event)
            case Stop():
                self._stop = event
            case Usage():
                self._usage = event
        return b""

    def end(self) -> bytes:
        """The last block's end, `message_delta` with the stop reason and the tokens, `message_stop`."""
        closed = self._flush() + self._close()
        usage = usage_object(self._usage)
        last = sse({"type": "message_delta", "delta": stop_fields(self._stop), "usage": usage})
        return closed + last + sse({"type": "message_stop"})

    def fail(self, error: ApiError) -> bytes:
        """The `error` event."""
        return error_event(error)

    def _call(self, event: ToolCallDelta) -> bytes:
        name = f"call {event.index}"
        if self._open != name and self._open is not None and self._open.startswith("call "):
            # Whether the one before it is whole only what comes behind them tells.
            self._waiting.setdefault(event.index, []).append(event)
            return b""
        return self._begun(name, event) + self._arguments(event)

    def _begun(self, name: str, first: ToolCallDelta) -> bytes:
        return self._into(name, {"type": "tool_use", "id": first.id or "", "name": first.name or "", "input": {}})

    def _arguments(self, event: ToolCallDelta) -> bytes:
        return self._delta({"type": "input_json_delta", "partial_json": event.arguments}) if event.arguments else b""

    def _flush(self) -> bytes:
        """The calls that waited."""
        waiting, self._waiting = self._waiting, {}
        told = b""
        for index, pieces in waiting.items():
            told += self._begun(f"call {index}", pieces[0]) + b"".join(map(self._arguments, pieces))
        return told

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
