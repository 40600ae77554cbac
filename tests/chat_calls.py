"""Callers' requests, as the router hands them to its upstreams."""

from __future__ import annotations

import json
from typing import Any

from agent_router.wire.call import Call
from agent_router.wire.chat.wire import ChatWire

KEY = "sk-test-SECRET-0123456789"
"""What the tests' upstreams send as their API key."""


def call(
    ask: str = "one two three", *, model: str = "gpt-5.4", headers: dict[str, str] | None = None, **extra: Any
) -> Call:
    """A request for a whole answer, with any other fields of the body."""
    body = {"model": model, "messages": [{"role": "user", "content": ask}], **extra}
    raw = json.dumps(body).encode()
    made = ChatWire().read(raw, {})
    made.headers = headers or {}
    return made


def stream(ask: str = "one two three", **extra: Any) -> Call:
    """A request for a stream with usage."""
    return call(ask, stream=True, stream_options={"include_usage": True}, **extra)
