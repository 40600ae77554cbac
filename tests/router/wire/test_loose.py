"""Decoded JSON of any shape."""

from __future__ import annotations

from agent_router.wire.loose import fields, integer, mapping, names, only, sequence, string


def test_what_is_of_another_type_is_empty() -> None:
    assert (mapping([]), mapping({"a": 1})) == ({}, {"a": 1})
    assert (sequence("ab"), sequence([1])) == ([], [1])
    assert (string(None), string("a")) == ("", "a")
    assert (integer("1"), integer(True), integer(1.5), integer(1)) == (None, None, None, 1)


def test_names_and_fields() -> None:
    assert names([{"name": "a"}, {"type": "web_search"}, {}, None, {"name": 1}]) == ("a", "web_search")
    assert (only(("a",)), only(()), only(("a", "b"))) == ("a", None, None)
    assert fields({"properties": {"a": {}, "b": 1}}) == ("a", "b")
    assert fields({"properties": []}) == fields(None) == ()
