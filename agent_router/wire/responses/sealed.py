"""Text that the router gives a client to keep and send back: thoughts, and what a conversation was compacted to.

Only encoded, as it is the client's own; the mark tells it from what other providers have sealed.
"""

from __future__ import annotations

import base64
import binascii

_MARK = "agent-router:"


def seal(text: str) -> str:
    """The content of an `encrypted_content` field."""
    return base64.b64encode(f"{_MARK}{text}".encode("utf-8", "replace")).decode()


def unseal(content: str | None) -> str | None:
    """The text; None if somebody else sealed it."""
    try:
        text = base64.b64decode(content or "", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.removeprefix(_MARK) if text.startswith(_MARK) else None
