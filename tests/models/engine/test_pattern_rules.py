from __future__ import annotations

import json

import pytest

from agent_models.engine.model import Model
from agent_models.engine.pattern_rules import PatternError, pattern
from tests.models.engine.accepting import accepts


@pytest.mark.parametrize(
    ("expression", "fits", "fails"),
    [
        (r"^[A-Z]{2,3}-\d+$", ["AB-1", "ABC-77"], ["A-1", "AB-", "xAB-1"]),
        (r"^(foo|bar)?$", ["", "foo", "bar"], ["fo", "foobar"]),
        (r"ab", ["ab", "xxaby"], ["a b", ""]),
        (r"^a|b$", ["axx", "xxb", "ab"], ["xa", "bx"]),
        (r'^["\\\n]$', ['"', "\\", "\n"], ["x", ""]),
        (r"^[^@\s]+@[^@\s]+\.\w+$", ["me@example.org", "é@b.c"], ["me@", "a b@c.d"]),
        (r"^\S\W\D$", ["a-b"], [" -b", "aab", "a-1"]),
        (r"^.{2,4}?$", ["ab", "日本語"], ["a", "abcde"]),
    ],
)
def test_patterns(model: Model, expression: str, fits: list[str], fails: list[str]) -> None:
    rule, _, _ = pattern(expression)
    for text in fits:
        assert accepts(model, rule, json.dumps(text, ensure_ascii=False)), text
    for text in fails:
        assert not accepts(model, rule, json.dumps(text, ensure_ascii=False)), text


@pytest.mark.parametrize("expression", [r"(?=a)b", r"(a)\1", r"a\bc", r"(", r"(?i)a", r"a^b", "\u0001"])
def test_what_no_grammar_expresses_is_refused(expression: str) -> None:
    with pytest.raises(PatternError):
        pattern(expression)


def test_length_bounds() -> None:
    assert pattern("^a{2,5}$")[1:] == (2, 5)
    assert pattern("a{2,5}")[1] == 2
