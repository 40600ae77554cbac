"""The logistic regression on words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate.signal import Signal
from agent_router.routing.estimate.text_model import SIZE, TextModel, features


def test_nothing_known_is_the_prior() -> None:
    assert TextModel(0.7).predict(features("anything at all")) == pytest.approx(0.7)


def test_it_learns_which_words_go_well() -> None:
    model = TextModel(0.7)
    for nth in range(60):
        model.learn(features(f"convert {nth} miles to kilometres"), Signal.of(1.0, 1.0))
        model.learn(features(f"prove lemma {nth} of the paper"), Signal.of(0.0, 1.0))
    assert model.predict(features("convert 9000 miles to kilometres")) > 0.9
    assert model.predict(features("prove lemma 9000 of the paper")) < 0.1


def test_unbiased_labels_of_a_noisy_signal_lead_to_the_truth() -> None:
    model, found = TextModel(0.5), features("the same ask each time")
    for nth in range(3000):
        good = nth % 10 != 0  # nine in ten are good
        seen = good or nth % 20 != 0  # half of the bad ones pass for good
        model.learn(found, Signal.of((seen - 0.5) / 0.5, 0.5))
    assert model.predict(found) == pytest.approx(0.9, abs=0.06)


@given(st.text(max_size=3000), st.lists(st.integers(0, 2**64 - 1), max_size=9))
def test_any_text_has_features(text: str, nodes: list[int]) -> None:
    found = features(text, nodes)
    assert all(0 <= index < SIZE for index in found)
    assert len(found) == len(set(found))


@given(st.lists(st.tuples(st.text(max_size=20), st.floats(-5, 5), st.floats(0, 1)), max_size=40))
def test_it_stays_a_probability(outcomes: list[tuple[str, float, float]]) -> None:
    model = TextModel(0.7)
    for text, label, weight in outcomes:
        model.learn(features(text), Signal.of(label, weight))
        assert 0 < model.predict(features(text)) < 1
        assert math.isfinite(model.predict(features("another")))


def test_what_is_stored_comes_back() -> None:
    model, again = TextModel(0.7), TextModel(0.5)
    for nth in range(20):
        model.learn(features(f"prove lemma {nth}"), Signal.of(nth % 2, 1.0))
    again.restore(model.state())
    assert again.predict(features("prove lemma 3")) == model.predict(features("prove lemma 3"))
    again.learn(features("prove lemma 3"), Signal.of(1.0, 1.0))
    model.learn(features("prove lemma 3"), Signal.of(1.0, 1.0))
    assert again.state() == model.state()


@pytest.mark.parametrize("state", [b"", b"txt1", bytes(len(TextModel(0.7).state())), TextModel(0.7).state() + b"x"])
def test_a_state_of_something_else_is_refused(state: bytes) -> None:
    model = TextModel(0.7)
    before = model.state()
    with pytest.raises(ValueError, match="text model"):
        model.restore(state)
    assert model.state() == before
