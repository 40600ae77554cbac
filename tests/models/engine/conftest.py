from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.engine.model import Model
from agent_models.engine.native_log import quiet_log
from tests.models.engine.asking import desk
from tests.models.engine.tiny_gguf import make_tiny_gguf


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="session")
def loaded(tiny_path: Path) -> Model:
    quiet_log()
    return Model(tiny_path, window=None, threads=1, gpu_layers=None)


@pytest.fixture
def model(loaded: Model) -> Model:
    """The tiny model with an empty context."""
    desk(loaded).cache.clear()
    return loaded


@pytest.fixture
def tiny_model(loaded: Model) -> Model:
    """The tiny model, for contexts of one's own."""
    return loaded
