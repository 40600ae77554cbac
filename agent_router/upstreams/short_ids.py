"""Names that are longer than a server takes: the same one is always shortened to the same."""

from __future__ import annotations

import hashlib

OPENAIS = 64
"""The most characters of a user's name or a call's id that OpenAI takes."""


def short(name: str) -> str:
    """The name, or its hash where it is too long: what it is compared with is shortened alike."""
    return name if len(name) <= OPENAIS else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
