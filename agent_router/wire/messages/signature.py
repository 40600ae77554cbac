"""How thoughts are told apart in messages: those that the router wrote into an answer bear its own signature.

Anthropic refuses a thinking block that its model did not sign, so ours must not reach it; and another model's are not
to be read by ours.
"""

from __future__ import annotations

from typing import Any

import msgspec

SIGNATURE = "agent-router"
_MARK = b'"agent-router"'

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def without_ours(raw: bytes) -> bytes:
    """The body without thinking blocks that the router signed; the same bytes if there are none."""
    if _MARK not in raw:
        return raw
    body = _decode(raw)
    messages = body.get("messages")
    if not isinstance(messages, list):
        return raw
    left = []
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            kept = [block for block in content if not _is_ours(block)]
            if not kept:
                continue  # it held nothing else
            message = {**message, "content": kept} if len(kept) < len(content) else message
        left.append(message)
    return msgspec.json.encode({**body, "messages": left})


def _is_ours(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "thinking" and block.get("signature") == SIGNATURE
