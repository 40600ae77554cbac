"""Text that the router gives a client to keep and send back: thoughts, and what a conversation was compacted to.

Only encoded, as it is the client's own; the mark tells it from what other providers have sealed.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

from agent_router.wire.loose import string

OURS = "rs_ar"
"""How the ids of reasoning items begin that the router wrote."""
_MARK = "agent-router:"
_PRIVATE = "agent-router-private:"


class Sealed(NamedTuple):
    """`private`: it is of a conversation that must not leave the machine."""

    text: str
    private: bool = False


def seal(text: str, *, private: bool = False) -> str:
    """The content of an `encrypted_content` field."""
    return base64.b64encode(f"{_PRIVATE if private else _MARK}{text}".encode("utf-8", "replace")).decode()


def unseal(content: Any) -> Sealed | None:
    """What was sealed; None if somebody else did."""
    try:
        text = base64.b64decode(string(content), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    for mark in (_MARK, _PRIVATE):
        if text.startswith(mark):
            return Sealed(text.removeprefix(mark), mark == _PRIVATE)
    return None
