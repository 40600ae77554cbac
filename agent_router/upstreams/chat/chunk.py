"""What the router reads of an answer in OpenAI's chat dialect, streamed or whole."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import Usage
from agent_router.upstreams import sloppy_json


class Choice(msgspec.Struct):
    """One of `choices`: `delta` in a stream, `message` in a whole answer."""

    delta: Any = None
    message: Any = None
    finish_reason: Any = None
    logprobs: Any = None
    stop_reason: Any = None


class Chunk(msgspec.Struct):
    """A `chat.completion.chunk` or `chat.completion`, or an error in its place.

    Everything may be missing, and what is only observed may be anything: a server's odd `usage` must not spoil its
    answer.
    """

    model: Any = None
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    id: Any = None


_decoder = msgspec.json.Decoder(Chunk)


def read_chunk(data: bytes) -> Chunk | None:
    """The chunk in an event's data or a whole body; None if it is none."""
    try:
        return sloppy_json.decode(_decoder, data)
    except msgspec.DecodeError:
        return None


def has_substance(chunk: Chunk) -> bool:
    """Whether the chunk carries more than the assistant's role: text, reasoning, a tool call, an end."""
    for choice in chunk.choices or ():
        if choice.finish_reason is not None:
            return True
        if isinstance(choice.delta, dict) and any(value for key, value in choice.delta.items() if key != "role"):
            return True
    return False


def id_of(chunk: Chunk) -> str | None:
    """The answer's id."""
    return chunk.id if isinstance(chunk.id, str) and chunk.id else None


def model_of(chunk: Chunk) -> str | None:
    """The model that says to have answered."""
    return chunk.model if isinstance(chunk.model, str) and chunk.model else None


def usage_of(chunk: Chunk) -> Usage | None:
    """`usage` in four disjoint buckets; None where the counts are missing or make no sense.

    OpenAI's prompt count includes cached tokens, its completion count the reasoning. xAI and Google count that apart,
    Google in the total alone. OpenRouter adds what was written to a cache.
    """
    usage = chunk.usage if isinstance(chunk.usage, dict) else {}
    prompt, output = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    if prompt is None or output is None:
        return None
    prompt_details, output_details = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cached = [count(prompt_details, "cached_tokens"), count(usage, "cached_tokens")]  # as Kimi tells it, and DeepSeek:
    cached.append(count(usage, "prompt_cache_hit_tokens"))
    read = min(next(filter(None, cached), 0), prompt)
    written = min(count(prompt_details, "cache_write_tokens") or 0, prompt - read)
    thought = count(output_details, "reasoning_tokens") or 0
    apart = max((count(usage, "total_tokens") or 0) - prompt - output, 0)
    output += apart
    reasoning = min(max(thought, apart), output)
    return Usage(prompt - read - written, output, cache_read=read, cache_write=written, reasoning=reasoning)


def count(counts: Any, name: str) -> int | None:
    """A token count among those of an object; None where it is missing or makes no sense."""
    value = counts.get(name) if isinstance(counts, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # SQLite holds 64 bits; no answer has so many tokens.
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**48 else None
