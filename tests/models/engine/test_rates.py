from __future__ import annotations

import pytest

from agent_models.engine.rates import Rates


def test_unknown_until_measured() -> None:
    rates = Rates()
    assert rates.seconds(10, 10) is None
    rates.measured(1000, 1.0, 100, 2.0)
    assert (rates.prefill, rates.generation) == (1000, 50)
    assert rates.seconds(2000, 100) == pytest.approx(4.0)


def test_a_few_tokens_measure_nothing() -> None:
    rates = Rates()
    rates.measured(1, 0.1, 2, 0.1)
    assert (rates.prefill, rates.generation) == (None, None)
    assert rates.request_seconds == pytest.approx(0.2)


def test_the_average_moves() -> None:
    rates = Rates()
    for _ in range(30):
        rates.measured(100, 1.0, 100, 1.0)
    for _ in range(30):
        rates.measured(100, 0.5, 100, 0.5)
    assert rates.prefill == pytest.approx(200, rel=0.01)
