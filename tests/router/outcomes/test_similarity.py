"""How alike two texts are."""

from __future__ import annotations

from agent_router.outcomes.similarity import similarity


def test_the_same_is_one_and_nothing_in_common_is_near_nothing() -> None:
    text = "The team moved the launch to Monday because the login test failed."
    assert similarity(text, text) == 1
    assert similarity(text, "Bananas ripen in the warm kitchen.") < 0.2


def test_other_words_for_the_same_are_nearer_than_other_facts() -> None:
    text = "Fix off-by-one error in the pager of search results"
    assert similarity(text, "Fix the off-by-one in search result pager") > similarity(
        text, "Add a pager to the settings page"
    )


def test_it_is_the_same_both_ways() -> None:
    a, b = "Ana fixes the login", "The login is fixed by Ana on Monday"
    assert similarity(a, b) == similarity(b, a)
