from __future__ import annotations

from typing import Any

import pytest

from agent_models.engine.gbnf import character_class, constant, repeat
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
