"""Callers' requests for vectors, as the router hands them to its upstreams."""

from __future__ import annotations

import json
from typing import Any

from agent_router.upstreams.reply import EmbeddingCall
from agent_router.wire.embeddings.body import read


def call(given: Any = ("one", "two"), *, headers: dict[str, str] | None = None, **extra: Any) -> EmbeddingCall:
    """A request for the vectors of these inputs, with any other fields of the body."""
    raw = json.dumps({"model": "text-embedding-3-small", "input": given, **extra}).encode()
    return EmbeddingCall(raw, read(raw), headers or {})
