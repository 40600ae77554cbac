"""Chat bodies for the tests of routing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent_router.routing.task import Task, embedding_task, task
from agent_router.wire.chat.body import ChatBody, read
from agent_router.wire.chat.wire import ChatWire
from agent_router.wire.embeddings import body as embeddings

SALT = b"installation's own salt, 32 bytes"
TOOLS = [{"type": "function", "function": {"name": "shell", "parameters": {"type": "object"}}}]


def body(*contents: Any, system: str | None = None, **more: Any) -> ChatBody:
    """A body whose user turns have these contents."""
    messages = [{"role": "system", "content": system}] if system is not None else []
    messages += [{"role": "user", "content": content} for content in contents]
    return read(json.dumps({"model": "auto", "messages": messages, **more}).encode())


def made(
    content: Any = "hello", headers: Mapping[bytes, bytes] | None = None, raw: bytes | None = None, **more: Any
) -> tuple[Task, bytes]:
    """(task, raw body) of a request with one user turn."""
    if raw is None:
        raw = json.dumps({"model": "auto", "messages": [{"role": "user", "content": content}], **more}).encode()
    return task(ChatWire().read(raw, {}), headers or {}, SALT), raw


def vectors(
    model: str = "auto", headers: Mapping[bytes, bytes] | None = None, text: Any = "hello"
) -> tuple[Task, bytes]:
    """(task, raw body) of a request for embeddings."""
    raw = json.dumps({"model": model, "input": text}).encode()
    return embedding_task(raw, embeddings.read(raw), headers or {}, SALT), raw
