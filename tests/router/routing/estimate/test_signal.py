"""What was seen, read back from an unbiased label."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate.signal import Signal, logit, sigmoid

chances = st.tuples(st.floats(0, 0.9), st.floats(0.05, 1)).map(lambda pair: (pair[0], min(pair[0] + pair[1], 1.0)))


@given(chances, st.booleans())
def test_what_was_seen_comes_back(errors: tuple[float, float], seen: bool) -> None:
    if_bad, if_good = errors
    weight = if_good - if_bad
    signal = Signal.of((seen - if_bad) / weight, weight)
    assert signal.seen == pytest.approx(float(seen), abs=1e-6)
    assert signal.if_bad == pytest.approx(if_bad, abs=1e-6)


def test_a_clean_outcome_is_a_log_loss() -> None:
    assert Signal.of(1.0, 1.0).loss(0.8) == pytest.approx(-math.log(0.8))
    assert Signal.of(0.0, 1.0).loss(0.8) == pytest.approx(-math.log(0.2))
    assert Signal.of(1.0, 1.0).slope(0.8) == pytest.approx(-0.2)


def test_a_signal_that_says_nothing_teaches_nothing() -> None:
    signal = Signal.of(0.3, 0.0)
    assert signal.slope(0.6) == 0
    assert signal.loss(0.1) == signal.loss(0.9)


@given(st.floats(-5, 5), st.floats(0, 1), st.floats(0, 1))
def test_any_label_has_a_loss_and_its_slope(label: float, weight: float, mean: float) -> None:
    signal = Signal.of(label, weight)
    assert 0 <= signal.loss(mean) < 30
    assert abs(signal.slope(mean)) <= 1
    at = min(max(mean, 0.05), 0.95)
    step = 1e-5
    difference = signal.loss(sigmoid(logit(at) + step)) - signal.loss(sigmoid(logit(at) - step))
    assert signal.slope(at) == pytest.approx(difference / (2 * step), abs=1e-4)
