"""What a model needs, and what is made of what there is."""

from __future__ import annotations

from pathlib import Path

import llama_cpp
import pytest

from agent_models.engine.memory import LARGEST_WINDOW, available_bytes, room, token_bytes, trained_window
from agent_models.engine.model import Model, metadata
from agent_models.errors import ModelMemoryError

QWEN = {
    "general.architecture": "qwen2",
    "qwen2.context_length": "131072",
    "qwen2.block_count": "24",
    "qwen2.embedding_length": "896",
    "qwen2.attention.head_count": "14",
    "qwen2.attention.head_count_kv": "2",
}
GIB = 1024**3


def test_bytes_of_a_token() -> None:
    assert token_bytes(QWEN) == 24 * 2 * (64 + 64) * 2
    assert token_bytes(QWEN | {"qwen2.attention.key_length": "128"}) == 24 * 2 * (128 + 64) * 2
    assert token_bytes(QWEN | {"qwen2.attention.head_count_kv": "[2, 8, 2]"}) == 24 * 8 * 128 * 2
    assert token_bytes({}) == 0
    latent = {"general.architecture": "d", "d.block_count": "10", "d.attention.kv_lora_rank": "512"}
    assert token_bytes(latent | {"d.rope.dimension_count": "64"}) == 10 * 576 * 2


def test_it_is_what_llama_cpp_takes(tiny_path: Path, tiny_model: Model) -> None:
    context = tiny_model.open_context(cells=2048)
    before = len(context.state(0))
    from agent_models.engine.batch import Batch

    batch = Batch(128)
    batch.add(0, 0, [1] * 100, 1)
    context.decode(batch)
    taken = (len(context.state(0)) - before) / 100
    assert token_bytes(metadata(tiny_path)) <= taken < token_bytes(metadata(tiny_path)) + 64
    assert llama_cpp.llama_n_ctx(context.handle) == 2048


def test_a_large_machine_affords_the_largest_default_and_room_to_keep() -> None:
    window, cells = room("m", QWEN, weights=GIB // 2, wanted=None, available=64 * GIB)
    assert window == LARGEST_WINDOW
    assert cells == 2 * window


def test_a_small_machine_affords_less() -> None:
    window, cells = room("m", QWEN, weights=GIB // 2, wanted=None, available=int(1.1 * GIB))
    assert 2048 <= window < LARGEST_WINDOW
    assert window <= cells
    assert cells * token_bytes(QWEN) + GIB // 2 < 1.1 * GIB


def test_the_window_asked_for_is_kept_to() -> None:
    assert room("m", QWEN, weights=1, wanted=50_000, available=64 * GIB).window == 50_000


def test_a_small_model_keeps_to_what_it_was_trained_for() -> None:
    small = QWEN | {"qwen2.context_length": "1024"}
    assert room("m", small, weights=1, wanted=None, available=64 * GIB) == (1024, 8192)
    assert trained_window(small) == 1024
    assert room("m", {}, weights=1, wanted=None, available=64 * GIB).window == 8192


def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    with pytest.raises(ModelMemoryError, match=r"big\.gguf needs about 8,\d+ MiB .* 4,096 MiB are free\. Close"):
        room("big.gguf", QWEN, weights=8 * GIB, wanted=None, available=4 * GIB)
    with pytest.raises(ModelMemoryError, match="window of 900,000 tokens"):
        room("m", QWEN, weights=1, wanted=900_000, available=4 * GIB)


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    free = available_bytes(tmp_path)
    assert free > 0
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert available_bytes(tmp_path) == 4_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes(tmp_path) > 4_000_000
    (tmp_path / "memory.max").write_text("1\n")
    assert available_bytes(tmp_path) == 0
