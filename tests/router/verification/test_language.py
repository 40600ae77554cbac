"""Scripts that were not to be expected, and broken encodings."""

from __future__ import annotations

import pytest

from agent_router.verification.language import is_foreign, is_garbled
from tests.router.verification.asking import request, said


@pytest.mark.parametrize(
    "text", ["这个问题的答案是明天上午十点的会议安排", "Это ответ на ваш вопрос о погоде", "هذا هو الجواب على سؤالك"]
)
def test_another_script_than_any_in_the_prompt_is_foreign(text: str) -> None:
    assert is_foreign(said(text), request("What is the plan?"))
    assert not is_foreign(said(text), request(f"What does this mean: {text}"))
    assert not is_foreign(said(text), request("Translate the plan into another language."))


def test_latin_letters_are_everywhere() -> None:
    assert not is_foreign(said("def main() -> None: return None"), request("写一个函数"))
    assert not is_foreign(said("明白"), request("ok?"))  # too little to tell


def test_broken_encodings_are_garbled_unless_the_prompt_has_them() -> None:
    assert is_garbled(said("The cafÃ© is open"), request())
    assert is_garbled(said("The cust\ufffdmer p\ufffdid"), request())
    assert is_garbled(said("bell \x07 rings"), request())
    assert not is_garbled(said("'cafÃ©' should be 'café'"), request("Fix 'cafÃ©'"))
    assert not is_garbled(said("tabs\tand\nlines \x1b[0m"), request())
