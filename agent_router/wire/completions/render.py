"""Events become text completions, whole or streamed. A model's thoughts have no place in them."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import Event, RefusalDelta, Stop, TextDelta, TokenLogprob, Usage
from agent_router.errors import ApiError
from agent_router.wire.chat.render import usage_object
from agent_router.wire.chat.stream import DONE, error_event

REASONS = {"length": "length", "content_filter": "content_filter"}


def _logprobs(tokens: list[TokenLogprob], offset: int) -> dict[str, Any] | None:
    """`logprobs` in the legacy form: parallel arrays. `offset` is where the first of them is in the text."""
    if not tokens:
        return None
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token.token)
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{top.token: top.logprob for top in token.top} for token in tokens],
        "text_offset": offsets,
    }


class TextStream:
    """See `wire.Stream`. `echo`: the text that is to be repeated before the answer."""

    final: bytes | None = None

    def __init__(self, id: str, model: str, created: int, *, include_usage: bool, echo: str = "") -> None:
        self._head = {"id": id, "object": "text_completion", "created": created, "model": model}
        self._include_usage = include_usage
        self._echo = echo
        self._length = len(echo)
        self._usage: Usage | None = None

    def _chunk(self, text: str, reason: str | None = None, tokens: list[TokenLogprob] | None = None) -> bytes:
        logprobs = _logprobs(tokens or [], self._length)
        choice = {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": reason}
        chunk: dict[str, Any] = {**self._head, "choices": [choice]}
        if self._include_usage:
            chunk["usage"] = None
        return b"data: " + msgspec.json.encode(chunk) + b"\n\n"

    def begin(self) -> bytes:
        """The echo, if it is wanted."""
        return self._chunk(self._echo) if self._echo else b""

    def add(self, event: Event) -> bytes:
        """A chunk for each piece of text, and for the end."""
        match event:
            case TextDelta():
                told = self._chunk(event.text, tokens=list(event.logprobs))
                self._length += len(event.text)
                return told
            case RefusalDelta():
                return self._chunk(event.text)
            case Stop():
                return self._chunk("", REASONS.get(event.reason, "stop"))
            case Usage():
                self._usage = event
        return b""

    def end(self) -> bytes:
        """The tokens, if they are wanted, and `[DONE]`."""
        if not self._include_usage or self._usage is None:
            return DONE
        last = {**self._head, "choices": [], "usage": usage_object(self._usage)}
        return b"data: " + msgspec.json.encode(last) + b"\n\n" + DONE

    def fail(self, error: ApiError) -> bytes:
        """The event that ends a stream which breaks."""
        return error_event(error)


class Answer:
    """See `wire.Answer`."""

    def __init__(self, id: str, model: str, created: int, *, echo: str = "") -> None:
        self._head = {"id": id, "object": "text_completion", "created": created, "model": model}
        self._offset = len(echo)
        self._text = [echo] if echo else []
        self._tokens: list[TokenLogprob] = []
        self._reason = "stop"
        self._usage: Usage | None = None

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case TextDelta():
                self._text.append(event.text)
                self._tokens += event.logprobs
            case RefusalDelta():
                self._text.append(event.text)
            case Stop():
                self._reason = REASONS.get(event.reason, "stop")
            case Usage():
                self._usage = event

    def body(self) -> bytes:
        """The whole answer."""
        choice = {
            "index": 0,
            "text": "".join(self._text),
            "logprobs": _logprobs(self._tokens, self._offset),
            "finish_reason": self._reason,
        }
        usage = {} if self._usage is None else {"usage": usage_object(self._usage)}
        return msgspec.json.encode({**self._head, "choices": [choice], **usage})
