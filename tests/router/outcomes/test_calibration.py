"""Floors that are learnt from known good pairs."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from agent_router.outcomes.calibration import Calibration
from agent_router.outcomes.comparison import RULES

TEXT = RULES["text"]


def learnt(scores: list[float]) -> Calibration:
    made = Calibration()
    for score in scores:
        made.learn("ask-1", score)
    return made


def test_little_known_is_the_kinds_own() -> None:
    assert learnt([0.9] * 7).rule("ask-1", TEXT) == TEXT
    assert learnt([0.9] * 8).rule("ask-2", TEXT) == TEXT


def test_a_family_whose_good_pairs_score_low_has_a_lower_floor() -> None:
    draw = random.Random(0)
    low = learnt([draw.uniform(0.28, 0.5) for _ in range(32)]).rule("ask-1", TEXT)
    high = learnt([draw.uniform(0.7, 0.95) for _ in range(32)]).rule("ask-1", TEXT)
    assert 0.25 <= low.floor < TEXT.floor < high.floor <= 0.61
    assert low.f1 > 0.8


def test_it_is_restored_as_it_was() -> None:
    first = learnt([0.3, 0.5, 0.7, 0.4, 0.45, 0.6, 0.5, 0.8, 0.9])
    second = Calibration()
    second.restore(first.rows())
    assert second.rule("ask-1", TEXT) == first.rule("ask-1", TEXT)


def test_it_is_bounded() -> None:
    made = Calibration()
    for i in range(2000):
        for _ in range(3):
            made.learn(str(i), 0.5)
    assert len(made.rows()) == 1024
    assert len(learnt([0.5] * 100).rows()[0][1]) == 32


@given(st.lists(st.floats(), max_size=40))
def test_a_rule_says_something_whatever_was_learnt(scores: list[float]) -> None:
    rule = learnt(scores).rule("ask-1", TEXT)
    assert TEXT.floor - 0.15 <= rule.floor <= TEXT.floor + 0.2
    assert rule.f0 < rule.f1 <= 1
