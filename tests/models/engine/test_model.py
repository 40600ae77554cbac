from __future__ import annotations

from pathlib import Path

import gguf
import pytest

from agent_models.engine.model import Model
from agent_models.errors import ModelFileError
from tests.models.engine.tiny_gguf import make_tiny_bert, make_tiny_gguf


def test_tokens_and_pieces_are_each_others_inverse(model: Model) -> None:
    text = "a\x00b é the 🙂\ud7ff <|im_end|>"
    tokens = model.tokens(text, special=False)
    assert b"".join(map(model.piece, tokens)).decode() == text
    assert not set(tokens) & model.special
    assert model.tokens("<|im_end|>", special=True)[0] in model.ends


def test_the_window_is_bounded_by_default_and_can_be_chosen(tmp_path: Path) -> None:
    path = make_tiny_gguf(tmp_path / "long.gguf", context=40_000)
    assert Model(path, window=None, threads=1, gpu_layers=None).window == 8192
    assert Model(path, window=700, threads=1, gpu_layers=None).window == 700


def test_a_file_without_a_template_says_so(tmp_path: Path) -> None:
    path = make_tiny_gguf(tmp_path / "bare.gguf", template=None)
    model = Model(path, window=None, threads=1, gpu_layers=None, vocab_only=True)
    assert not model.info().has_template


def test_a_damaged_file_is_an_error(tiny_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny_path.read_bytes()[:-5000])
    with pytest.raises(ModelFileError, match="truncated"):
        Model(path, window=None, threads=1, gpu_layers=None)


def test_a_reranker_is_refused_in_words(tmp_path: Path) -> None:
    path = make_tiny_bert(tmp_path / "rank.gguf", pooling=gguf.PoolingType.RANK)
    for vocab_only in (True, False):
        with pytest.raises(ModelFileError, match="reranker"):
            Model(path, window=None, threads=1, gpu_layers=None, vocab_only=vocab_only)


def test_an_embedding_models_window_ends_where_its_training_did(bert_path: Path) -> None:
    assert Model(bert_path, window=4096, threads=1, gpu_layers=None).window == 512
    assert Model(bert_path, window=100, threads=1, gpu_layers=None).window == 100
