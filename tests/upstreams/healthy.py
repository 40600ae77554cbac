"""Behaviours of an upstream in good health."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tests.upstreams.answer import LAST_CHUNK, Answer, chunk
from tests.upstreams.behaviour import behaviour
from tests.upstreams.step import Act, Step


@behaviour()
def ok(answer: Answer, per_write: int = 1) -> Iterator[Step]:
    """Answer rightly. per_write: events in one write to the socket; 0 for all of them."""
    if not answer.streams:
        yield from answer.whole()
        return
    pieces = answer.framed()
    step = per_write or len(pieces) or 1
    yield answer.head()
    for start in range(0, len(pieces), step):
        if start:
            yield Act.FLUSH
        yield b"".join(pieces[start : start + step])
    yield answer.tail


@lru_cache(maxsize=64)
def _canned(stream: bool, events: int, per_write: int, size: int) -> tuple[Step, ...]:
    """The whole answer, encoded once."""
    base = {"id": "chatcmpl-canned", "created": 1_800_000_000, "model": "gpt-5.4"}
    usage = {
        "prompt_tokens": 200,
        "completion_tokens": events,
        "total_tokens": 200 + events,
        "prompt_tokens_details": {"cached_tokens": 128},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    if not stream:
        choice = {"index": 0, "message": {"role": "assistant", "content": "x" * size}, "finish_reason": "stop"}
        body = json.dumps(base | {"object": "chat.completion", "choices": [choice], "usage": usage}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return (head.encode() + body,)

    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        data = base | {"object": "chat.completion.chunk", "choices": [choice]}
        return chunk(b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n")

    last = base | {"object": "chat.completion.chunk", "choices": [], "usage": usage}
    pieces = [event({"role": "assistant", "content": ""})]
    pieces += [event({"content": " token"})] * (events - 4)
    pieces += [
        event({}, "stop"),
        chunk(b"data: " + json.dumps(last).encode() + b"\n\n"),
        chunk(b"data: [DONE]\n\n"),
    ]
    steps: list[Step] = [b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"]
    for start in range(0, len(pieces), per_write):
        if start:
            steps.append(Act.FLUSH)
        steps.append(b"".join(pieces[start : start + per_write]))
    steps[-1] = bytes(steps[-1]) + LAST_CHUNK  # type: ignore[arg-type]
    return tuple(steps)


@behaviour(when="body")
def canned(answer: Answer, events: int = 32, per_write: int = 8, size: int = 300) -> Iterable[Step]:
    """The same bytes to everyone, encoded once and without reading the request: for benchmarks.

    events: in a stream, all counted ([DONE] too). size: characters of an answer that is no stream.
    """
    body = answer.request.body
    return _canned(b'"stream":true' in body or b'"stream": true' in body, events, per_write, size)
