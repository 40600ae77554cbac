from __future__ import annotations

import numpy as np
import pytest

from agent_models.engine.embedding_context import AbortedError, EmbeddingContext
from agent_models.engine.model import Model
from agent_models.errors import ModelFileError

TEXTS = ["hello the cat", "a", "what is it, and why?"]


def context(model: Model, wanted: bool = True) -> EmbeddingContext:
    return model.open_embedding_context(tokens=512, unwanted=lambda: not wanted)


@pytest.mark.parametrize("name", ["bert", "last"])
def test_a_vector_does_not_depend_on_its_neighbours(name: str, request: pytest.FixtureRequest) -> None:
    model: Model = request.getfixturevalue(name)
    opened = context(model)
    sequences = [model.tokens(text, special=False, enclosed=True) for text in TEXTS]
    together = opened.vectors(sequences)
    assert together.shape == (3, model.embedding_size)
    for row, tokens in zip(together, sequences, strict=True):
        assert np.allclose(opened.vectors([tokens])[0], row, atol=2e-3)
    assert not np.allclose(together[0], together[1], atol=0.1)
    opened.close()


def test_a_batch_that_nobody_wants_is_given_up_and_the_next_is_right(bert: Model) -> None:
    wanted = True
    opened = bert.open_embedding_context(tokens=512, unwanted=lambda: not wanted)
    tokens = bert.tokens(TEXTS[0], special=False, enclosed=True)
    before = opened.vectors([tokens])
    wanted = False
    with pytest.raises(AbortedError):
        opened.vectors([tokens] * 8)
    wanted = True
    assert np.array_equal(opened.vectors([tokens]), before)
    opened.close()


def test_a_text_model_has_none_and_an_embedding_model_no_other(tiny_model: Model, bert: Model) -> None:
    with pytest.raises(ModelFileError, match="not an embedding model"):
        context(tiny_model)
    with pytest.raises(ModelFileError, match="writes no text"):
        bert.open_context()


def test_what_the_memory_cannot_hold_is_refused_in_words(bert: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_models.engine.embedding_context.available_bytes", lambda: 100_000)
    with pytest.raises(ModelFileError, match=r"512 tokens bert.gguf needs about 0\.0 GB"):
        context(bert)
    monkeypatch.undo()
    context(bert).close()
