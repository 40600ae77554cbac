"""How long it takes to put a request from one dialect into another."""

from __future__ import annotations

import statistics
import time
from typing import Any

import msgspec

from agent_router.upstreams.dialects import DIALECTS
from agent_router.wire.chat.wire import ChatWire
from agent_router.wire.messages.wire import MessagesWire
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from agent_router.wire.wire import Wire

ROUNDS = 500


def translations(body: dict[str, Any]) -> dict[str, float]:
    """Median seconds of reading a body (given in the chat dialect), translating it and writing it, for each pair."""
    wires: list[Wire] = [ChatWire(), ResponsesWire(ResponseStore()), MessagesWire()]
    request = wires[0].read(msgspec.json.encode(body), {}, "").completion
    request = msgspec.structs.replace(request, max_tokens=1024)
    taken = {}
    for wire in wires:
        raw = msgspec.json.encode(DIALECTS[wire.name].body(request, "m", True))
        for dialect in ("chat", "responses", "messages"):
            if dialect != wire.name:
                seconds = [_once(wire, raw, dialect) for _ in range(ROUNDS)]
                taken[f"{wire.name} to {dialect}"] = statistics.median(seconds)
    return taken


def _once(wire: Wire, raw: bytes, dialect: str) -> float:
    began = time.perf_counter()
    call = wire.read(raw, {}, "")
    msgspec.json.encode(DIALECTS[dialect].body(call.completion, "m", True))
    return time.perf_counter() - began
