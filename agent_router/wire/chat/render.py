"""Events and errors become bodies in OpenAI's chat dialect."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError


def error_body(error: ApiError) -> bytes:
    """OpenAI's error object."""
    detail = {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}
    return msgspec.json.encode({"error": detail})


def usage_object(usage: Usage) -> dict[str, Any]:
    """OpenAI's `usage`, whose prompt count includes cached tokens."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.output,
        "total_tokens": usage.prompt + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def logprob_object(token: TokenLogprob) -> dict[str, Any]:
    """One entry of `logprobs.content`."""
    return {
        "token": token.token,
        "logprob": token.logprob,
        "bytes": list(token.bytes),
        "top_logprobs": [{"token": t.token, "logprob": t.logprob, "bytes": list(t.bytes)} for t in token.top],
    }


class Answer:
    """Collects a stream of events into one `chat.completion` object."""

    def __init__(self, id: str, model: str, created: int) -> None:
        self._id, self._model, self._created = id, model, created
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._logprobs: list[dict[str, Any]] = []
        self._usage: Usage | None = None
        self._refusal = ""
        self._reason = "stop"

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case TextDelta():
                self._text.append(event.text)
                self._logprobs += map(logprob_object, event.logprobs)
            case ReasoningDelta():
                self._reasoning.append(event.text)
            case ToolCallDelta():
                kind, text = ("custom", "input") if event.custom else ("function", "arguments")
                call = self._calls.setdefault(event.index, {"id": "", "type": kind, kind: {"name": "", text: ""}})
                kind, text = ("custom", "input") if "custom" in call else ("function", "arguments")
                call["id"] = event.id or call["id"]
                call[kind]["name"] = event.name or call[kind]["name"]
                call[kind][text] += event.arguments
            case RefusalDelta():
                self._refusal += event.text
            case Usage():
                self._usage = event
            case Stop():
                self._reason = event.reason

    def body(self) -> bytes:
        """The whole answer."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(self._text),
            "refusal": self._refusal or None,
        }
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._calls or self._refusal:
            message["content"] = message["content"] or None
        if self._calls:
            message["tool_calls"] = [self._calls[index] for index in sorted(self._calls)]
        logprobs = {"content": self._logprobs, "refusal": None} if self._logprobs else None
        return msgspec.json.encode(
            {
                "id": self._id,
                "object": "chat.completion",
                "created": self._created,
                "model": self._model,
                "choices": [{"index": 0, "message": message, "logprobs": logprobs, "finish_reason": self._reason}],
                # Unknown is not zero: then there is no such field.
                **({} if self._usage is None else {"usage": usage_object(self._usage)}),
            }
        )
