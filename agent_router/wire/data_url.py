"""A document's bytes as OpenAI's dialects give them."""

from __future__ import annotations

import mimetypes


def data_url(data: str, name: str | None) -> str:
    """The `data:` URL of what may already be one, or base64 alone: its type is then what its name says, else PDF."""
    if data.startswith("data:"):
        return data
    return f"data:{mimetypes.guess_type(name or '')[0] or 'application/pdf'};base64,{data}"
