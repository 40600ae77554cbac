from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.engine.inspection import inspect_model
from agent_models.errors import ModelFileError


def test_what_a_file_says_of_itself(tiny_path: Path) -> None:
    info = inspect_model(tiny_path)
    assert (info.name, info.architecture, info.trained_context) == ("Tiny Random", "llama", 2048)
    assert info.parameters > 100_000
    assert info.size > 400_000
    assert info.has_template
    assert info.metadata["license"] == "apache-2.0"


def test_an_embedding_model_is_told_from_a_text_model(tiny_path: Path, bert_path: Path, last_path: Path) -> None:
    assert inspect_model(tiny_path).embedding_size is None
    assert [inspect_model(path).embedding_size for path in (bert_path, last_path)] == [32, 64]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[: len(data) // 2], "truncated"),
        (lambda data: data[:3000], "truncated"),
        (lambda data: data[:4], "truncated"),
        (lambda data: b"PK\x03\x04" + data[4:], "not a GGUF"),
        (lambda data: b"", "not a GGUF"),
        (lambda data: data.replace(b"llama", b"lmaal"), "architecture 'lmaal'"),
    ],
)
def test_damage_is_named(tiny_path: Path, tmp_path: Path, damage: object, sentence: str) -> None:
    assert callable(damage)
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damage(tiny_path.read_bytes()))
    with pytest.raises(ModelFileError, match=sentence):
        inspect_model(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no model file"):
        inspect_model(tmp_path / "none.gguf")
    with pytest.raises(ModelFileError, match="cannot be read"):
        inspect_model(tmp_path)
