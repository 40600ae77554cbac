"""What holds for all tests."""

from __future__ import annotations

from typing import Any

import pytest

from agent_models.engine.matrix_unit import has_matrix_unit
from agent_router.upstreams import chain


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries a router in this process waits for a moment, not for seconds: the order of events is one."""
    monkeypatch.setattr(chain, "FIRST_WAIT", 0.01)


def pytest_configure() -> None:
    """Tests also ask llama.cpp's own class, for comparison; see `matrix_unit` for what is wrong there."""
    if not has_matrix_unit():
        return
    from llama_cpp import llama_cpp as native

    given = native.llama_model_default_params

    def without() -> Any:
        params = given()
        params.use_extra_bufts = False
        return params

    native.llama_model_default_params = without
