"""What a decision costs: time and memory, with ten thousand families known and an agent's body."""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from typing import Any

from agent_router.routing.families import Families
from agent_router.routing.ladder import Ladder
from agent_router.routing.names import Names
from agent_router.routing.router import Router
from agent_router.routing.task import task
from agent_router.settings import Settings
from agent_router.wire.chat.wire import ChatWire
from tests.bench.routing.climbing import SALT

FAMILIES = 10_000
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "or")]


def figures(requests: int = 2000) -> dict[str, Any]:
    """Milliseconds of a decision (task, family, estimate, guards, policy; the body's decoding apart) and memory."""
    rng = random.Random(7)

    def words(count: int) -> str:
        return " ".join("".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))) for _ in range(count))

    tracemalloc.start()
    families = Families(SALT)
    router = _router(families)
    for _ in range(FAMILIES):
        raw = _body(words(rng.randint(5, 120)))
        known = families.known(task(ChatWire().read(raw, {}), {}, SALT), "pocket")
        assert known.reading is not None
        families.learn("pocket", known.reading, 1.0, 0.9)
    memory = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    system, tools = words(14_000), _tools(words)
    whole, decode = [], []
    for _ in range(requests):
        raw = _body(words(rng.randint(5, 200)), system, tools)
        began = time.perf_counter()
        call = ChatWire().read(raw, {})
        decoded = time.perf_counter()
        router.decide(task(call, {b"user-agent": b"OpenClaw/1"}, SALT), raw)
        whole.append((time.perf_counter() - decoded) * 1000)
        decode.append((decoded - began) * 1000)
    whole.sort()
    decode.sort()
    return {
        "families": len(families),
        "body, kB": len(raw) / 1000,
        "p50, ms": whole[len(whole) // 2],
        "p99, ms": whole[int(len(whole) * 0.99)],
        "decoding the body, p50, ms": decode[len(decode) // 2],
        "memory, MB": memory,
    }


def _router(families: Families) -> Router:
    settings = Settings.model_validate(
        {"upstreams": {"openai": {"base_url": "https://api.example/v1", "models": ["gpt-5.4"]}}}
    )
    return Router(
        settings,
        Names(settings, ["pocket"], lambda _: None),
        Ladder(settings.routing),
        keyed=lambda _: True,
        window=lambda _: 131_072,
        seconds=lambda *_: 0.5,
        families=families,
    )


def _body(text: str, system: str = "", tools: list[dict[str, Any]] | None = None) -> bytes:
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": text})
    body = {"model": "auto", "messages": messages} | ({"tools": tools} if tools else {})
    return json.dumps(body).encode()


def _tools(words: Any) -> list[dict[str, Any]]:
    made = []
    for number in range(12):
        parameters = {"type": "object", "properties": {"value": {"type": "string"}}}
        function = {"name": f"tool_{number}", "description": words(60), "parameters": parameters}
        made.append({"type": "function", "function": function})
    return made
