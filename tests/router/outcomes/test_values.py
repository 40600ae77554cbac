"""JSON values, by what they say."""

from __future__ import annotations

import pytest

from agent_router.outcomes.values import read_json, same_value


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1, "b": 2}, {"b": 2.0, "a": 1}), ({"a": "Graz "}, {"a": "graz"}), ([1, 2], [1, 2]), (None, None)],
)
def test_the_same(one: object, other: object) -> None:
    assert same_value(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [({"a": 1}, {"a": 2}), ({"a": True}, {"a": 1}), ({"a": "x"}, {"b": "x"}), ([1], [1, 2])]
)
def test_not_the_same(one: object, other: object) -> None:
    assert not same_value(one, other)


def test_what_is_no_object_or_list_is_not_read_as_json() -> None:
    assert read_json('{"a": 1}') == {"a": 1}
    assert read_json("prose") is None
