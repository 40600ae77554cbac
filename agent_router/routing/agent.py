"""Which agent sends a request, by its headers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

# Beginnings of User-Agent or `originator`, lower case, in the order in which they are tried.
_KNOWN = (
    ("openclaw", "openclaw"),
    ("claude-cli", "claude-code"),
    ("claude-code", "claude-code"),
    ("codex", "codex"),
    ("opencode", "opencode"),
    ("geminicli", "gemini-cli"),
    ("qwencode", "qwen-code"),
    ("copilot", "copilot"),
    ("cline", "cline"),
    ("aider", "aider"),
    ("litellm", "litellm"),
    ("openai/python", "openai-python"),
    ("asyncopenai/python", "openai-python"),
    ("openai/js", "openai-js"),
    ("anthropic/python", "anthropic-python"),
    ("anthropic/js", "anthropic-js"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


def agent(headers: Mapping[bytes, bytes]) -> str | None:
    """The agent's name, lower case: `x-agent-router-agent` if the user set it, else what the headers give away."""
    for header in (b"x-agent-router-agent", b"originator", b"user-agent"):
        value = headers.get(header)
        if value and (name := _name(value[:256])):
            return name
    return None


@lru_cache(maxsize=256)
def _name(header: bytes) -> str | None:
    value = header.decode("latin-1").strip()
    product = _PRODUCT.match(value)
    if product is None:
        return None
    lowered = value.lower()
    known = next((name for start, name in _KNOWN if lowered.startswith(start)), None)
    return known or product.group().lower()


def session(headers: Mapping[bytes, bytes], salt: bytes) -> str | None:
    """A salted hash of the session id that some agents send; None if there is none."""
    for header in (b"session-id", b"x-session-id", b"thread-id", b"x-session-affinity"):
        value = headers.get(header)
        if value:
            return hashlib.blake2b(value, digest_size=6, key=salt[:64]).hexdigest()
    return None
