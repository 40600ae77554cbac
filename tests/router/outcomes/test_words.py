"""Words and numbers, however they are written."""

from __future__ import annotations

from agent_router.outcomes.words import count, folded, numbers, words


def test_case_width_and_marks_fold() -> None:
    assert folded("ＡＢＣ Straße") == folded("abc STRASSE")


def test_numbers_have_many_forms() -> None:
    assert numbers("1,234.5") & numbers("1234.50")
    assert not numbers("12") & numbers("13")


def test_words_are_counted_in_every_script() -> None:
    assert count(words("one two three")) == 3
    assert count(words("今天天气很好")) > 1
