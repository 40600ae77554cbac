"""What an agent says itself of a call in its headers: the surest sign, where there is one.

Codex names the thread that a call belongs to, and what the call is for, in `x-codex-turn-metadata`, and its subagents
in `x-openai-subagent`; Copilot says in `x-interaction-type` what a call belongs to. Source: their requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from agent_router.routing.kind import Kind

# Beginnings of the words by which they are called.
_CALLED: tuple[tuple[str, Kind], ...] = (
    ("compact", "summary"),
    ("memory", "memory"),
    ("thread_title", "title"),
    ("title", "title"),
    ("guardian", "check"),
    ("auto_review", "check"),
)
_METADATA = re.compile(r'"(?:request_kind|thread_source)":\s*"(\w{1,40})"')
_NAMED = (b"x-openai-subagent", b"x-interaction-type")
_READ = 4096  # characters


def told_kind(headers: Mapping[bytes, bytes]) -> Kind | None:
    """The kind of a call that its headers tell; None if they tell none. `headers` are lower-case."""
    called: list[str] = []
    metadata = headers.get(b"x-codex-turn-metadata")
    if metadata:
        called = _METADATA.findall(metadata[:_READ].decode("latin-1"))
    for name in _NAMED:
        if value := headers.get(name):
            called.append(value[:40].decode("latin-1").lower().removeprefix("conversation-"))
    return next((kind for name in called if (kind := _kind(name)) is not None), None)


@lru_cache(maxsize=64)
def _kind(name: str) -> Kind | None:
    return next((kind for start, kind in _CALLED if name.startswith(start)), None)
