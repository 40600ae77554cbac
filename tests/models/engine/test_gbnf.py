from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_models.engine.gbnf import UNPRINTED, Rules, any_but, character_class, constant, repeat
from agent_models.engine.model import Model
from tests.models.engine.accepting import accepts


@pytest.mark.parametrize(
    ("least", "most", "fits", "fails"),
    [
        (0, 0, [0], [1]),
        (2, 4, [2, 3, 4], [1, 5]),
        (3, None, [3, 900], [2]),
        (0, 1200, [0, 499, 500, 999], [1201]),
        (501, 1400, [501, 700, 1000], [500, 1401]),
    ],
)
def test_repeat(model: Model, least: int, most: int | None, fits: list[int], fails: list[int]) -> None:
    for count in (*fits, *fails):
        assert accepts(model, repeat('"a"', least, most), "a" * count) is (count in fits), count


def test_character_class(model: Model) -> None:
    rule = character_class([(93, 94), (45, 45), (0x1F600, 0x1F610)])
    assert all(accepts(model, rule, text) for text in ("]", "^", "-", "😀"))
    assert not accepts(model, rule, "a")


@pytest.mark.parametrize("value", [None, True, 1.5, "", "\\", [], {}, [1, [2]], {"a": {"b": "c"}}])
def test_constant(model: Model, value: Any) -> None:
    import json

    for separators in ((",", ":"), (", ", ": ")):
        assert accepts(model, constant(value), json.dumps(value, separators=separators))
    assert not accepts(model, constant(value), "0")


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("a\n<>/xé\ud0c0"), max_size=12), st.sampled_from(["\n</x>", "aab", "</a>", "<"]))
def test_without_a_word_is_every_text_that_does_not_hold_it(model: Model, text: str, word: str) -> None:
    rules = Rules()
    assert accepts(model, rules.without(word), text, rules) == (word not in text)


def test_the_same_body_is_one_rule() -> None:
    rules = Rules()
    assert rules.add('"a"') == rules.add('"a"') != rules.add('"b"')
    assert rules.without("x") == rules.without("x") != rules.without("y")


@pytest.mark.parametrize("text", ["\ud0c0\ud558\ud7a3", "\ue000", "\uffff", "\U0010ffff", "\x80"])
def test_strings_hold_every_character_byte_by_byte(model: Model, text: str) -> None:
    assert accepts(model, "string", f'"{text}"')


@pytest.mark.parametrize("code", [0, 31, 127, ord("q"), ord("]")])
def test_any_but_leaves_out_what_it_says(model: Model, code: int) -> None:
    rule = any_but("q]", *UNPRINTED)
    assert not accepts(model, rule, chr(code))
    assert accepts(model, rule, "p")
    assert accepts(model, rule, "\ud558")
