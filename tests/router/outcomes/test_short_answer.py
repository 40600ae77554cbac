"""Short answers, by what they say."""

from __future__ import annotations

import pytest

from agent_router.outcomes.short_answer import same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("yes.", "Yes"),
        ("The answer is 42", "42"),
        ("B) Paris", "B"),
        ("1,234.50", "1234.5"),
        ("`urgent`", "Urgent"),
        ("“Graz”", "graz"),
    ],
)
def test_how_it_is_written_makes_no_difference(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("yes", "no"), ("42", "43"), ("Paris", "Lyon"), ("urgent", "not urgent"), ("", "x")]
)
def test_what_it_says_does(one: str, other: str) -> None:
    assert not same(one, other)
    assert not same(other, one)
