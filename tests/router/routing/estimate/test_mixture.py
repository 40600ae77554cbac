"""Mixing estimates by how right they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate.mixture import Mixture
from agent_router.routing.estimate.signal import LEAST, MOST, Signal


def test_equal_estimates_are_equally_trusted() -> None:
    assert Mixture(2).mix([0.2, 0.8]) == pytest.approx(0.5)
    assert Mixture(3).mix([0.6, 0.6, 0.6]) == pytest.approx(0.6)


def test_who_was_right_is_trusted_and_who_was_right_lately_more() -> None:
    mixture = Mixture(2)
    for _ in range(200):
        mixture.learn([0.9, 0.3], Signal.of(1.0, 1.0))
    assert mixture.mix([0.9, 0.3]) > 0.85
    for _ in range(600):
        mixture.learn([0.9, 0.3], Signal.of(0.0, 1.0))
    assert mixture.mix([0.9, 0.3]) < 0.35


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(-5, 5), st.floats(0, 1)), max_size=60),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_mixture_lies_between(outcomes: list[tuple[float, float, float, float]], last: tuple[float, float]) -> None:
    mixture = Mixture(2)
    for first, second, label, weight in outcomes:
        mixture.learn([first, second], Signal.of(label, weight))
    low, high = sorted(min(max(mean, LEAST), MOST) for mean in last)
    assert low - 1e-9 <= mixture.mix(last) <= high + 1e-9


def test_what_is_stored_comes_back() -> None:
    mixture, again = Mixture(2), Mixture(2)
    for label in (1.0, 0.0, 1.2, 1.0):
        mixture.learn([0.9, 0.3], Signal.of(label, 0.8))
    again.restore(mixture.state())
    assert again.mix([0.8, 0.2]) == mixture.mix([0.8, 0.2]) != 0.5
