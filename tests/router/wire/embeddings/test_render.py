from __future__ import annotations

import base64
import json
import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from agent_models.embedding import Embeddings
from agent_router.wire.embeddings.render import pieces

FLOATS = st.floats(-1, 1, width=32)


def rendered(vectors: list[list[float]], *, as_base64: bool, model: str = "m") -> Any:
    packed = b"".join(struct.pack(f"<{len(vector)}f", *vector) for vector in vectors)
    found = Embeddings(packed, len(vectors[0]), 9)
    return json.loads(b"".join(pieces(found, model, as_base64=as_base64)))


@given(st.lists(st.tuples(FLOATS, FLOATS, FLOATS).map(list), min_size=1, max_size=5), st.text(max_size=9))
def test_base64_and_numbers_are_the_same_vectors_in_order(vectors: list[list[float]], model: str) -> None:
    numbers = rendered(vectors, as_base64=False, model=model)
    CreateEmbeddingResponse.model_validate(numbers, strict=True)
    assert [entry["embedding"] for entry in numbers["data"]] == vectors
    assert [entry["index"] for entry in numbers["data"]] == list(range(len(vectors)))
    assert numbers["model"] == model
    assert numbers["usage"] == {"prompt_tokens": 9, "total_tokens": 9}
    packed = rendered(vectors, as_base64=True, model=model)
    assert [list(struct.unpack("<3f", base64.b64decode(entry["embedding"]))) for entry in packed["data"]] == vectors
    assert {key: value for key, value in packed.items() if key != "data"} == {
        key: value for key, value in numbers.items() if key != "data"
    }
