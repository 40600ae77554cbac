"""An ask is known again without its text."""

from __future__ import annotations

from agent_router.outcomes.ask_print import ask_print

LONG = "Please look through the three reports on the invoices of last week and tell me which of them are late today"


def test_case_and_blanks_make_no_other_ask() -> None:
    assert ask_print(LONG).same(ask_print(f"  {LONG.upper()}!\n"))
    assert not ask_print(LONG).same(ask_print(LONG + " or tomorrow"))


def test_a_few_other_words_are_alike_and_other_numbers_are_not() -> None:
    assert ask_print(LONG).alike(ask_print(LONG.replace("today", "now")))
    assert not ask_print(LONG + " 7").alike(ask_print(LONG + " 8"))
    assert not ask_print(LONG).alike(
        ask_print("Write a poem about the sea and the wind in the old harbour at night please")
    )


def test_no_word_is_kept() -> None:
    assert "invoices" not in repr(ask_print(LONG))
