"""What kind of model a file holds, by its first bytes alone."""

from __future__ import annotations

from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_models.engine.gguf_header import embeds
from agent_models.engine.model import Model
from agent_models.pocket import pocket_path
from tests.models.engine.tiny_gguf import make_tiny_bert, make_tiny_gguf


@pytest.mark.parametrize("kind", [None, *gguf.PoolingType][:-1])
def test_it_agrees_with_what_llama_cpp_reads(tmp_path: Path, kind: gguf.PoolingType | None) -> None:
    for path in (
        make_tiny_bert(tmp_path / "bert.gguf", pooling=kind),
        make_tiny_gguf(tmp_path / "llama.gguf", pooling=kind),
    ):
        model = Model(path, window=None, threads=1, gpu_layers=None, vocab_only=True)
        assert embeds(path) == (model.pooling is not None) == (model.embedding_size is not None)


def test_a_text_model_is_none(tiny_path: Path) -> None:
    assert not embeds(tiny_path)
    assert not embeds(pocket_path())


def test_a_reranker_is_no_text_model(tmp_path: Path) -> None:
    assert embeds(make_tiny_bert(tmp_path / "rank.gguf", pooling=gguf.PoolingType.RANK))


def test_what_cannot_be_read_is_left_to_who_loads_it(tmp_path: Path) -> None:
    assert not embeds(tmp_path / "nowhere.gguf")
    assert not embeds(tmp_path)
    for name, data in (("empty", b""), ("text", b"hello"), ("old", b"GGUF\1\0\0\0" + bytes(16))):
        (tmp_path / name).write_bytes(data)
        assert not embeds(tmp_path / name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(cut=st.integers(0, 6000), at=st.integers(4, 6000), noise=st.binary(max_size=12))
def test_a_damaged_file_raises_nothing(last_path: Path, tmp_path: Path, cut: int, at: int, noise: bytes) -> None:
    data = last_path.read_bytes()[:6000]
    damaged = tmp_path / "damaged.gguf"
    for changed in (data[:cut], data[:at] + noise + data[at + len(noise) :]):
        damaged.write_bytes(changed)
        embeds(damaged)
