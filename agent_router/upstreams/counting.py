"""Asks an upstream how many tokens a prompt has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from agent_router.upstreams.connection import Connection, retry_after
from agent_router.upstreams.keys import Key
from agent_router.upstreams.reply import UpstreamFault
from agent_router.upstreams.statuses import fault
from agent_router.wire.loose import integer

_answer = msgspec.json.Decoder(dict[str, Any])


async def counted(
    connection: Connection, body: bytes, headers: Mapping[str, str], key: Key, secret: str | None, field: str
) -> dict[str, Any]:
    """The answer, with the tokens as its field `field`. `secret` is the key in `headers`. UpstreamFault."""
    async with connection.answer(body, headers) as pieces:
        if pieces.response.status >= 300:
            said = await connection.refusal(pieces)
            wait = retry_after(pieces.response)
            status = pieces.response.status
            raise fault(connection.name, status, said, key=secret, retry_after=wait, key_source=key.source)
        whole = await pieces.whole()
    try:
        told = _answer.decode(whole)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = {}
    if integer(told.get(field)) is None:
        raise UpstreamFault("garbled", f"Upstream {connection.name} sent no count of tokens.")
    return told
