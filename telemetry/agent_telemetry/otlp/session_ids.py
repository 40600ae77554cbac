"""Ids of sessions, which may hold more than an id: OpenClaw's name people and channels, and some agents' are paths."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_RANDOM: Final = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|[0-9a-f]{8,64}"
    r"|[0-9A-HJKMNP-TV-Z]{26}"  # a ULID
    r"|(ses|session|conv|thread|chat|task)_[0-9A-Za-z]{16,40}"  # opencode's, OpenAI's
    r"|[0-9]{8}[_-][0-9]{1,6}([_-][0-9a-f]{1,12})?"  # Goose's: a day and a number
)


def kept_session(told: str | None, salt: bytes) -> str | None:
    """An id that is random, or a day and a number, as the agent's log has it too; of any other a salted hash."""
    if told is None or _RANDOM.fullmatch(told):
        return told
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=6, key=salt[:64]).hexdigest()
