"""Answers that break off."""

from __future__ import annotations

from agent_router.verification.truncation import SHORT_LIMIT, is_truncated
from tests.router.verification.asking import request, said, tool


def test_an_end_for_its_length_is_one_unless_that_was_asked_for() -> None:
    cut = said("The tide follows", stop="length")
    assert is_truncated(cut, request())
    assert is_truncated(cut, request(max_tokens=SHORT_LIMIT + 1))
    assert not is_truncated(cut, request(max_tokens=5))
    assert not is_truncated(said("The tide."), request())
    assert is_truncated(said('{"a"', stop="length"), request(json_object=True, max_tokens=5))
    assert is_truncated(said("", ("get_weather", "{"), stop="length"), request(tools=(tool(),), max_tokens=5))


def test_a_code_block_has_an_end() -> None:
    assert is_truncated(said("```python\nprint(1)"), request())
    assert not is_truncated(said("```python\nprint(1)\n```"), request())
    assert not is_truncated(said("```python\nprint(1)"), request(stop=("```",)))
