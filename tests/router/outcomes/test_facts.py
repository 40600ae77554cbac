"""Facts that two texts state otherwise."""

from __future__ import annotations

from agent_router.outcomes.facts import contradiction


def test_other_numbers_and_names_contradict() -> None:
    text = "Ana moved the launch of api.py to 14:30 with 3 people"
    assert contradiction(text, text) == 0
    assert contradiction("The total is 340 EUR", "The total is 430 EUR") > 0
    assert contradiction("Rename parse.py", "Rename render.py") > 0
