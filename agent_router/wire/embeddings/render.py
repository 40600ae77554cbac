"""Vectors become a body in OpenAI's embeddings dialect."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator

import msgspec

from agent_models.embedding import Embeddings


def pieces(embeddings: Embeddings, model: str, *, as_base64: bool) -> Iterator[bytes]:
    """The body, a piece for each vector: two thousand vectors as text take a while, in which others want their turn.

    In base64 a vector is its 32-bit floats, little-endian; as numbers the very same values.
    """
    size = embeddings.dimensions
    read = struct.Struct(f"<{size}f")
    between = b'{"object":"list","data":['
    for index, at in enumerate(range(0, len(embeddings.vectors), read.size)):
        vector = embeddings.vectors[at : at + read.size]
        said = base64.b64encode(vector).decode() if as_base64 else read.unpack(vector)
        yield between + msgspec.json.encode({"object": "embedding", "index": index, "embedding": said})
        between = b","
    usage = {"prompt_tokens": embeddings.prompt_tokens, "total_tokens": embeddings.prompt_tokens}
    yield b'],"model":' + msgspec.json.encode(model) + b',"usage":' + msgspec.json.encode(usage) + b"}"
