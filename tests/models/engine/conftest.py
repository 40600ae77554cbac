from __future__ import annotations

from pathlib import Path

import gguf
import pytest

from agent_models.engine.model import Model
from tests.models.engine.asking import desk, load
from tests.models.engine.tiny_gguf import make_tiny_bert, make_tiny_gguf


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="session")
def loaded(tiny_path: Path) -> Model:
    return load(tiny_path)


@pytest.fixture
def model(loaded: Model) -> Model:
    """The tiny model with an empty context."""
    desk(loaded).cache.clear()
    return loaded


@pytest.fixture
def tiny_model(loaded: Model) -> Model:
    """The tiny model, for contexts of one's own."""
    return loaded


@pytest.fixture(scope="session")
def bert_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedding model: an encoder, pooled by the mean."""
    return make_tiny_bert(tmp_path_factory.mktemp("models") / "bert.gguf")


@pytest.fixture(scope="session")
def last_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedding model: a decoder, whose last token's vector counts."""
    return make_tiny_gguf(tmp_path_factory.mktemp("models") / "last.gguf", pooling=gguf.PoolingType.LAST)


@pytest.fixture(scope="session")
def bert(bert_path: Path) -> Model:
    return load(bert_path)


@pytest.fixture(scope="session")
def last(last_path: Path) -> Model:
    return load(last_path)
