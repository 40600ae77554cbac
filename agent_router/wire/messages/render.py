"""Events become a whole message in Anthropic's dialect."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    StopReason,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_router.wire.messages.signature import SIGNATURE

REASONS: dict[StopReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def usage_object(usage: Usage | None) -> dict[str, Any]:
    """Anthropic's `usage`, whose input count leaves cached tokens out. Where nothing was counted it must say 0 all the
    same: clients demand it."""
    usage = usage or Usage(0, 0)
    return {
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
        "server_tool_use": None,
    }


def message_object(id: str, model: str) -> dict[str, Any]:
    """A message of which nothing has been said yet."""
    return {
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            **usage_object(None),
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "service_tier": "standard",
        },
    }


def stop_fields(stop: Stop | None, *, refused: bool = False) -> dict[str, Any]:
    """`stop_reason` and `stop_sequence`. `refused`: the answer is a refusal, which other dialects let end as any."""
    stop = stop or Stop("stop")
    reason = REASONS[stop.reason]
    if stop.reason == "stop":
        reason = "refusal" if refused else reason if stop.sequence is None else "stop_sequence"
    return {"stop_reason": reason, "stop_sequence": stop.sequence}


def call_input(arguments: str) -> Any:
    """A call's arguments as the object that the dialect demands; what a model wrote that is none stays readable."""
    try:
        given = msgspec.json.decode(arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        given = None
    return given if isinstance(given, dict) else {"invalid_arguments": arguments}


class Answer:
    """See `wire.Answer`."""

    def __init__(self, id: str, model: str) -> None:
        self._message = message_object(id, model)
        self._blocks: list[dict[str, Any]] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._usage: Usage | None = None
        self._stop: Stop | None = None
        self._refused = False

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case TextDelta() | RefusalDelta():
                self._refused = self._refused or isinstance(event, RefusalDelta)
                if event.text:
                    self._last("text", text="")["text"] += event.text
            case ReasoningDelta():
                self._last("thinking", thinking="", signature=SIGNATURE)["thinking"] += event.text
            case ToolCallDelta():
                call = self._calls.get(event.index)
                if call is None:
                    call = self._calls[event.index] = {"type": "tool_use", "id": "", "name": "", "input": ""}
                    self._blocks.append(call)
                call["id"] = event.id or call["id"]
                call["name"] = event.name or call["name"]
                call["input"] += event.arguments
            case Usage():
                self._usage = event
            case Stop():
                self._stop = event

    def _last(self, kind: str, **empty: str) -> dict[str, Any]:
        """The block that is being written, if it is of this kind, else a new one."""
        if not self._blocks or self._blocks[-1]["type"] != kind:
            self._blocks.append({"type": kind, **empty})
        return self._blocks[-1]

    def body(self) -> bytes:
        """The whole message."""
        for call in self._calls.values():
            call["input"] = call_input(call["input"])
        message = {**self._message, "content": self._blocks, **stop_fields(self._stop, refused=self._refused)}
        message["usage"] = {**message["usage"], **usage_object(self._usage)}
        return msgspec.json.encode(message)
