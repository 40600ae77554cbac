"""What the router reads of an upstream's vectors, which pass through byte for byte."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import Usage
from agent_router.upstreams.chat.chunk import count
from agent_router.upstreams.reply import Observed, UpstreamFault
from agent_router.upstreams.sloppy_json import decode


class EmbeddingList(msgspec.Struct):
    """OpenAI's list object, or an error in its place. Everything may be missing, and what is only observed may be
    anything."""

    data: list[msgspec.Raw] | None = None
    model: Any = None
    usage: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(EmbeddingList)


def read_list(name: str, body: bytes, inputs: int) -> Observed:
    """What the answer of upstream `name` to so many inputs says; UpstreamFault if it does not hold a vector of each."""
    if not body.strip():
        raise UpstreamFault("empty", f"Upstream {name} sent an empty answer.")
    try:
        found = decode(_decoder, body)
    except msgspec.DecodeError:
        found = EmbeddingList()
    if found.error is not None:
        raise UpstreamFault("garbled", f"Upstream {name} sent an error with status 200.")
    if found.data is None:
        raise UpstreamFault("garbled", f"Upstream {name} sent an answer that is no list of embeddings.")
    if len(found.data) != inputs:
        raise UpstreamFault("garbled", f"Upstream {name} sent {len(found.data)} embeddings for {inputs} inputs.")
    prompt = count(found.usage, "prompt_tokens")
    return Observed(
        found.model if isinstance(found.model, str) and found.model else None,
        None if prompt is None else Usage(prompt, 0),
    )
