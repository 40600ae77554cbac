"""What an estimate entitles a model to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate.estimate import LEAST_EVIDENCE, Estimate, gain

means = st.floats(0, 1)


def test_nothing_is_earned_on_little_evidence() -> None:
    assert not Estimate(1.0, LEAST_EVIDENCE - 0.1).earned(0.9)
    assert Estimate(1.0, LEAST_EVIDENCE).earned(0.9)
    assert Estimate(0.9, 0.0).earned(0.6)  # who asks for less may have it


def test_the_more_is_known_the_nearer_is_the_bound() -> None:
    found = [Estimate(0.93, evidence).careful for evidence in (0.0, 8.0, 20.0, 80.0)]
    assert found == sorted(found)
    assert not Estimate(0.93, 8.0).earned(0.9)
    assert Estimate(0.93, 40.0).earned(0.9)


@given(means, st.floats(0, 100))
def test_a_score_is_a_probability_below_the_mean(mean: float, evidence: float) -> None:
    estimate = Estimate(mean, evidence)
    assert 0 <= estimate.score <= estimate.careful <= mean


def test_a_question_that_nobody_answers_is_no_gain() -> None:
    hard = gain(Estimate(0.1, 20.0), Estimate(0.15, 20.0))
    between = gain(Estimate(0.5, 20.0), Estimate(0.9, 20.0))
    assert hard < between
