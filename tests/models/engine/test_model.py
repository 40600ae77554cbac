from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.engine.model import CHUNK, DecodeError, Model, next_step
from agent_models.errors import ModelFileError
from tests.models.engine.tiny_gguf import make_tiny_gguf


def test_tokens_and_pieces_are_each_others_inverse(model: Model) -> None:
    text = "a\x00b é the 🙂\ud7ff <|im_end|>"
    tokens = model.tokens(text, special=False)
    assert b"".join(map(model.piece, tokens)).decode() == text
    assert not set(tokens) & model.special
    assert model.tokens("<|im_end|>", special=True)[0] in model.ends


def test_a_prefix_is_kept_but_never_the_whole_prompt(model: Model) -> None:
    model.evaluate([1, 2, 3, 4])
    assert model.keep_prefix([1, 2, 3, 4]) == 3
    model.evaluate([4, 5])
    assert model.keep_prefix([1, 2, 9, 9]) == 2
    assert model.evaluated == [1, 2]
    assert model.keep_prefix([7]) == 0
    assert model.evaluated == []


def test_a_full_context_is_an_error_and_leaves_it_usable(model: Model) -> None:
    def fill() -> None:
        for _ in range(20):
            model.evaluate([1] * 256)

    with pytest.raises(DecodeError):
        fill()
    assert model.evaluated == []
    model.evaluate([1, 2])


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


def test_steps_of_a_prompt_take_about_a_second_on_any_machine() -> None:
    assert next_step(32, 0.01) == CHUNK  # quick: as many as there may be
    assert next_step(32, 2.0) == 16  # slow: fewer
    assert next_step(256, 4.0) == 64
    assert next_step(8, 100.0) == 8  # never nothing
    assert next_step(32, 0.0) == CHUNK
