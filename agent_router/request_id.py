"""A request's id, by which a caller, the ledger and a person can speak of it, and the header that tells it."""

from __future__ import annotations

import os
from itertools import count

from agent_router.wire.wire import Errors

# Unlike any other process's, and cheap: drawing randomness for each request would let go of the interpreter lock.
_PROCESS = os.urandom(8).hex()
_COUNT = count()


def new_id() -> str:
    """An id that no other request has."""
    return f"{_PROCESS}{next(_COUNT):08x}"


def told(id: str) -> str:
    """The id as callers see it."""
    return f"req_ar{id}"


def header(errors: Errors) -> bytes:
    """The header in which a dialect tells it: Anthropic's SDKs read another one than all others'."""
    return b"request-id" if errors.name == "messages" else b"x-request-id"
