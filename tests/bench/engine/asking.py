"""Streams from a server, timed token by token."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.bench.targets import Target


@dataclass
class Timed:
    """Seconds from the request on: when each event with text came; tokens written, and of the prompt those cached."""

    events: list[float] = field(default_factory=list)
    end: float = 0.0
    written: int = 0
    cached: int = 0

    @property
    def first(self) -> float:
        """Time to the first token."""
        return self.events[0] if self.events else self.end


def ask(target: Target, prompt: str, tokens: int, **fields: object) -> Timed:
    """One streamed answer of exactly `tokens` tokens, unless the model ends it."""
    body = {
        "model": target.model,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    } | fields
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=600)
    taken = Timed()
    began = time.perf_counter()
    connection.request("POST", target.path, json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{target.name} answers {answer.status}: {answer.read(300)!r}")
    for line in answer:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        if event.get("usage"):
            taken.written = event["usage"]["completion_tokens"]
            taken.cached = (event["usage"].get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        for choice in event.get("choices") or ():
            if choice.get("delta", {}).get("content") or choice.get("finish_reason"):
                taken.events.append(time.perf_counter() - began)
    taken.end = time.perf_counter() - began
    taken.written = taken.written or len(taken.events)  # llama_cpp.server gives no usage with a stream
    connection.close()
    return taken


def together(target: Target, prompts: Sequence[str], tokens: int) -> tuple[list[Timed], float]:
    """Several at the same moment; also the seconds until the last has ended."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(prompts)) as pool:
        taken = list(pool.map(lambda prompt: ask(target, prompt, tokens), prompts))
    return taken, time.perf_counter() - began
