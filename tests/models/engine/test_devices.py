"""Graphics cards: what fits onto them."""

from __future__ import annotations

import queue
from io import BytesIO
from pathlib import Path

import pytest

from agent_models.engine import devices, worker
from agent_models.engine import model as models
from agent_models.errors import ModelFileError
from tests.models.engine.test_memory import GIB, QWEN

BIG = 24 * GIB


def test_what_llama_cpp_says_can_be_read() -> None:
    assert devices.free_bytes() >= 0


def test_all_layers_if_they_fit_else_as_many_as_do() -> None:
    def fitting(free: int, cells: int = 32_768) -> int | None:
        return devices.fitting_layers(QWEN, weights=8 * GIB, cells=cells, free=free)

    assert fitting(BIG) is None
    half = fitting(5 * GIB)
    assert half is not None
    assert 8 < half < 16
    fewer = fitting(5 * GIB, cells=8 * 32_768)
    assert fewer is not None
    assert fewer < half
    assert fitting(GIB // 2) == 0
    assert devices.fitting_layers({}, weights=GIB, cells=1, free=1) is None


class Options:
    """What the command line says."""

    def __init__(self, path: Path, gpu_layers: int | None = None) -> None:
        self.path, self.gpu_layers = path, gpu_layers
        self.n_ctx = self.cells = self.threads = self.prefixes = self.flash_attention = None
        self.inspect, self.prefix_bytes, self.parked_bytes, self.slots = False, 0, 0, 8


def load(monkeypatch: pytest.MonkeyPatch, options: Options, free: int, fails: bool = False) -> list[int | None]:
    """The layers that it is tried with."""
    tried: list[int | None] = []
    real = models.Model

    def model(path: Path, *, window: int | None, threads: int | None, gpu_layers: int | None) -> models.Model:
        tried.append(gpu_layers)
        if fails and gpu_layers != 0:
            raise ModelFileError("no room on the card")
        return real(path, window=window, threads=threads, gpu_layers=gpu_layers)

    class Inbox:
        waiting: queue.SimpleQueue[object] = queue.SimpleQueue()

    monkeypatch.setattr(devices, "free_bytes", lambda: free)
    monkeypatch.setattr(models, "Model", model)
    worker._load(options, Inbox(), worker.Outbox(BytesIO()))  # type: ignore[arg-type]
    return tried


def test_without_a_card_llama_cpp_is_told_nothing(monkeypatch: pytest.MonkeyPatch, tiny_path: Path) -> None:
    assert load(monkeypatch, Options(tiny_path), 0) == [None]


def test_what_the_user_says_counts(monkeypatch: pytest.MonkeyPatch, tiny_path: Path) -> None:
    assert load(monkeypatch, Options(tiny_path, 7), BIG) == [7]
    with pytest.raises(ModelFileError):
        load(monkeypatch, Options(tiny_path, 7), BIG, fails=True)


def test_a_card_that_proves_too_small_is_done_without(monkeypatch: pytest.MonkeyPatch, tiny_path: Path) -> None:
    assert load(monkeypatch, Options(tiny_path), BIG, fails=True) == [None, 0]
    assert load(monkeypatch, Options(tiny_path), GIB // 2, fails=True) == [0]
