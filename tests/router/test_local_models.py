"""Local models by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.pocket import pocket_path
from agent_router.errors import ConfigError
from agent_router.local_models import BUNDLED, embedding_models, local_names, local_paths, model_name
from agent_router.settings import Settings
from tests.models.engine.tiny_gguf import make_tiny_bert, make_tiny_gguf


def paths(*models: str) -> dict[str, Path]:
    return local_paths(Settings.model_validate({"local": {"models": list(models)}}))


def test_the_bundled_model_is_always_there_and_comes_last() -> None:
    assert paths() == {BUNDLED: pocket_path()}
    assert list(paths("/m/Qwen3-4B.gguf")) == ["Qwen3-4B", BUNDLED]


def test_names_do_not_collide() -> None:
    assert list(paths("/a/x.gguf", "/b/x.gguf", "/c/pocket.gguf")) == ["x", "x-2", "pocket-2", BUNDLED]


def test_a_home_folder_is_understood() -> None:
    assert paths("~/x.gguf")["x"] == Path.home() / "x.gguf"


def test_a_name_is_the_files_without_its_ending() -> None:
    assert model_name(Path("/m/Llama 3.gguf")) == "Llama 3"
    assert model_name(Path("/m/blob")) == "blob"


def test_embedding_models_are_known_by_their_files(tmp_path: Path) -> None:
    bert, text = make_tiny_bert(tmp_path / "bert.gguf"), make_tiny_gguf(tmp_path / "text.gguf")
    assert embedding_models(paths(str(bert), str(text), "/nowhere/bge.gguf")) == {"bert"}


def test_adapters_are_models_by_name(tmp_path: Path) -> None:
    adapters = {"triage": {"path": "t.gguf", "base": "big"}}
    settings = Settings.model_validate({"local": {"models": ["big.gguf"], "adapters": adapters}})
    assert local_names(settings) == ["big", "triage", "pocket"]
    for name, base, words in (("triage", "none", "no local model 'none'"), ("big", "big", "another local model")):
        wrong = {"local": {"models": ["big.gguf"], "adapters": {name: {"path": "t.gguf", "base": base}}}}
        with pytest.raises(ConfigError, match=words):
            local_names(Settings.model_validate(wrong))
