"""Watches a stream in OpenAI's chat dialect pass by, without touching it."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import Usage
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reply import Observed


class PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class UsageObject(msgspec.Struct):
    """`usage` in OpenAI's chat dialect; its prompt count includes cached tokens."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None

    def usage(self) -> Usage | None:
        """The four buckets; None where the counts are missing or make no sense."""
        prompt, output = self.prompt_tokens, self.completion_tokens
        if prompt is None or output is None or prompt < 0 or output < 0:
            return None
        cached = (self.prompt_tokens_details and self.prompt_tokens_details.cached_tokens) or 0
        reasoning = (self.completion_tokens_details and self.completion_tokens_details.reasoning_tokens) or 0
        cached = min(max(cached, 0), prompt)
        return Usage(input=prompt - cached, output=output, cache_read=cached, reasoning=min(max(reasoning, 0), output))


class Choice(msgspec.Struct):
    delta: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """A `chat.completion.chunk`, or an error in its place. Everything may be missing."""

    model: str | None = None
    choices: list[Choice] | None = None
    usage: UsageObject | None = None
    error: Any = None


_chunk = msgspec.json.Decoder(Chunk, strict=False).decode


def read_chunk(data: bytes) -> Chunk | None:
    """The chunk in an event's data; None if it is none."""
    try:
        return _chunk(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def has_substance(chunk: Chunk) -> bool:
    """Whether the chunk carries more than the assistant's role: text, reasoning, a tool call, an end, usage."""
    if chunk.usage is not None and not chunk.choices:
        return True
    for choice in chunk.choices or ():
        if choice.finish_reason is not None:
            return True
        if any(value for key, value in (choice.delta or {}).items() if key != "role"):
            return True
    return False


class ChatObserver:
    """Takes whole events and fills `observed`; `finished` once the answer has said that it ended.

    Most events are only searched for three words; the few that matter are decoded.
    """

    def __init__(self) -> None:
        self.observed = Observed()
        self.finished = False
        self.done = False

    def watch(self, block: bytes) -> None:
        """Take the next whole events."""
        if b"[DONE]" in block:
            self.done = self.finished = True
        if (
            block.count(b'"usage"') != block.count(b'"usage":null')
            or block.count(b'"finish_reason"') != block.count(b'"finish_reason":null')
            or b'"error"' in block
            or self.observed.model is None
        ):
            self._read(block)

    def _read(self, block: bytes) -> None:
        for data in data_of(block):
            chunk = read_chunk(data)
            if chunk is None:
                continue
            if self.observed.model is None:
                self.observed.model = chunk.model
            if chunk.usage is not None:
                self.observed.usage = chunk.usage.usage() or self.observed.usage
            if chunk.error is not None:
                self.observed.error = "upstream_error_event"
                self.finished = True  # it said how it ended; nothing needs to be added
            if any(choice.finish_reason is not None for choice in chunk.choices or ()):
                self.finished = True
