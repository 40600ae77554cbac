"""llama.cpp's cache: shared, cut, saved, and full."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from agent_models.engine.batch import Batch
from agent_models.engine.context import Context, NoRoomError
from agent_models.engine.model import Model
from agent_models.errors import ModelFileError
from tests.models.engine.tiny_gguf import make_tiny_gguf

TOKENS = list(range(40))


def read(context: Context, sequence: int, position: int, tokens: list[int]) -> np.ndarray:
    batch = Batch(64)
    row = batch.add(sequence, position, tokens, 1)
    context.decode(batch)
    return context.logits(row).copy()


def test_a_copy_goes_on_as_the_first_would_and_a_cut_takes_back(tiny_model: Model) -> None:
    context = tiny_model.open_context(cells=2048, sequences=4)
    expected = read(context, 0, 0, [*TOKENS, 99])
    context.cut(0, len(TOKENS))
    context.copy(0, 1, len(TOKENS))
    assert np.allclose(read(context, 1, len(TOKENS), [99]), expected, atol=1e-4)
    read(context, 0, len(TOKENS), [50, 51])
    assert context.cut(0, len(TOKENS))
    assert np.allclose(read(context, 0, len(TOKENS), [99]), expected, atol=1e-4)


def test_a_state_is_the_sequence(tiny_model: Model, tmp_path: Path) -> None:
    context = tiny_model.open_context(cells=2048, sequences=4)
    read(context, 0, 0, TOKENS)
    state = context.state(0)
    expected = read(context, 0, len(TOKENS), [99])
    (tmp_path / "state").write_bytes(state)
    other = tiny_model.open_context(cells=2048, sequences=4)
    with (tmp_path / "state").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    assert other.restore(2, mapped, len(state))
    assert np.allclose(read(other, 2, len(TOKENS), [99]), expected, atol=1e-4)
    assert not other.restore(3, bytearray(b"none" * 100), 400)


def test_a_full_cache_says_so_and_changes_nothing(tiny_model: Model) -> None:
    context = tiny_model.open_context(cells=2048, sequences=4)
    for at in range(0, context.cells, 64):
        read(context, 0, at, [1] * 64)
    with pytest.raises(NoRoomError):
        read(context, 1, 0, [1])
    context.drop(0)
    read(context, 1, 0, [1])


def test_a_context_that_nobody_has_memory_for(tmp_path: Path) -> None:
    model = Model(make_tiny_gguf(tmp_path / "t.gguf"), window=None, threads=1, gpu_layers=None)
    with pytest.raises(ModelFileError, match="smaller context window"):
        model.open_context(cells=2**31 - 1)
