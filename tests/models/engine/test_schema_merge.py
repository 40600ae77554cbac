from __future__ import annotations

from typing import Any

import pytest

from agent_models.engine.schema_merge import MergeError, disjoint, merge


def test_merging_tightens() -> None:
    assert merge([{"minimum": 1, "type": ["integer", "null"]}, {"minimum": 3, "maximum": 9, "type": "number"}]) == {
        "minimum": 3,
        "maximum": 9,
        "type": ["integer"],
    }
    assert merge([True, {"required": ["a"]}, {"required": ["b", "a"]}]) == {"required": ["a", "b"]}
    assert merge([{"properties": {"a": {"minLength": 1}}}, {"properties": {"a": {"minLength": 2}}}]) == {
        "properties": {"a": {"minLength": 2}}
    }
    assert merge([{}, False]) is False


@pytest.mark.parametrize(
    "schemas",
    [
        [{"type": "string"}, {"type": "null"}],
        [{"pattern": "a"}, {"pattern": "b"}],
        [{"properties": {"a": {}}, "additionalProperties": False}, {"properties": {"b": {}}}],
    ],
)
def test_what_cannot_be_merged_is_refused(schemas: list[Any]) -> None:
    with pytest.raises(MergeError):
        merge(schemas)


@pytest.mark.parametrize(
    ("schemas", "apart"),
    [
        ([{"type": "string"}, {"type": "null"}], True),
        ([{"type": "integer"}, {"type": "number"}], False),
        ([{"const": 1}, {"enum": [2, 3]}], True),
        ([{"const": 1}, {"enum": [1, 3]}], False),
        ([{"type": "string"}, {}], False),
        ([True, {"type": "null"}], False),
    ],
)
def test_disjoint(schemas: list[Any], apart: bool) -> None:
    assert disjoint(schemas) is apart
