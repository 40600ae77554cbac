"""What holds for all tests."""

from __future__ import annotations

import pytest

from agent_models.engine.matrix_unit import spare_matrix_unit
from agent_router.upstreams import chain


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries a router in this process waits for a moment, not for seconds: the order of events is one."""
    monkeypatch.setattr(chain, "FIRST_WAIT", 0.01)


def pytest_configure() -> None:
    """Tests also ask llama.cpp's own class, for comparison."""
    spare_matrix_unit()
