from __future__ import annotations

import pytest

from agent_models.engine.model import Model
from agent_models.engine.number_rules import integers, numbers
from tests.models.engine.accepting import accepts


@pytest.mark.parametrize(
    ("low", "high"), [(0, 9), (3, 250), (-17, 12), (-250, -98), (100, 100), (95, 105), (None, -5), (199, None)]
)
def test_exactly_the_integers_in_range(model: Model, low: int | None, high: int | None) -> None:
    rule = integers(low, high)
    assert rule is not None
    for number in range(-300, 300):
        inside = (low is None or number >= low) and (high is None or number <= high)
        assert accepts(model, rule, str(number)) is inside, number
    assert not accepts(model, rule, "007")


def test_no_integer_in_an_empty_range() -> None:
    assert integers(3, 2) is None


@pytest.mark.parametrize("text", ["0", "1", "0.5", "0.000001"])
def test_numbers_between_zero_and_one(model: Model, text: str) -> None:
    rule = numbers(0, 1, open_low=False, open_high=False)
    assert rule is not None
    assert accepts(model, rule, text)


@pytest.mark.parametrize("text", ["-0.5", "1.5", "2", "-1", "1.000001"])
def test_numbers_outside_are_not_taken(model: Model, text: str) -> None:
    rule = numbers(0, 1, open_low=False, open_high=False)
    assert rule is not None
    assert not accepts(model, rule, text)


def test_open_bounds_exclude_themselves(model: Model) -> None:
    rule = numbers(-1, 1, open_low=True, open_high=True)
    assert rule is not None
    for text, inside in (("-1", False), ("1", False), ("0", True), ("-0.25", True), ("0.25", True)):
        assert accepts(model, rule, text) is inside, text


def test_bounds_without_a_whole_number_between_them_are_given_up() -> None:
    assert numbers(0.2, 0.8, open_low=False, open_high=False) is None
