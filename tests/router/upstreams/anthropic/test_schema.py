"""JSON Schemas in Anthropic's subset, against what its own SDK makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.lib._parse._transform import transform_schema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agent_router.upstreams.anthropic.schema import closed

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["name"],
}


def test_objects_are_closed_at_every_depth() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"people": {"type": "array", "items": PERSON}, "one": PERSON},
    }
    made = closed(schema)
    assert made is not None
    assert made["additionalProperties"] is False
    assert made["properties"]["people"]["items"]["additionalProperties"] is False
    assert made["properties"]["one"]["required"] == ["name"]
    assert schema["properties"]["one"] is PERSON
    assert "additionalProperties" not in PERSON  # the caller's own is left alone


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {**PERSON, "additionalProperties": True},
        {"type": "object", "properties": {"extra": {"type": "object"}}},
        {"type": "object", "properties": {"any": {}}},
        {"type": "object", "properties": {"any": True}},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://x/y"}}},
        {"$defs": {"n": {**PERSON, "properties": {"n": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}}},
        {"patternProperties": {"^x": {"type": "string"}}, **PERSON},
        {},
        True,
        None,
    ],
)  # fmt: skip
def test_what_would_come_to_mean_something_else_is_not_tried(schema: Any) -> None:
    assert closed(schema) is None


def test_bounds_become_words() -> None:
    made = closed({"type": "integer", "minimum": 1, "description": "How many."})
    assert made == {"type": "integer", "description": 'How many.\n\n{"minimum":1}'}
    assert closed({"type": "string", "format": "uuid"}) == {"type": "string", "format": "uuid"}
    assert closed({"type": "string", "format": "regex"}) == {"type": "string", "description": '{"format":"regex"}'}
    assert closed({"type": "array", "items": {"type": "string"}, "minItems": 1}) == {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
    }


def test_types_that_go_unsaid() -> None:
    made = closed({"properties": {"a": {"items": {"enum": [1, 2]}}}})
    assert made is not None
    assert made["type"] == "object"
    assert made["properties"]["a"]["type"] == "array"


def test_references_and_unions() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"person": PERSON},
        "type": "object",
        "properties": {
            "who": {"oneOf": [{"$ref": "#/$defs/person"}, {"type": "null"}]},
            "n": {"type": ["integer", "null"]},
        },
        "required": ["who", "n"],
    }
    made = closed(schema)
    assert made is not None
    assert "$schema" not in made
    assert made["$defs"]["person"]["additionalProperties"] is False
    assert made["properties"]["who"]["anyOf"][0] == {"$ref": "#/$defs/person"}
    assert made["properties"]["n"]["type"] == ["integer", "null"]


LEAVES = st.sampled_from(
    [{"type": "string"}, {"type": "integer", "minimum": 2}, {"type": "boolean"}, {"enum": ["a", 1]}, {"const": "c"}]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda item: {"type": "array", "items": item, "maxItems": 9}, inner)
        | st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)[:1]},
            st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
        )
    ),
    max_leaves=6,
)


def structure(schema: Any) -> Any:
    """The schema without the words in it, and without an empty `required`."""
    if isinstance(schema, list):
        return [structure(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: structure(each) for key, each in schema.items() if key != "description" and each != []}


@given(SCHEMAS)
def test_it_has_the_structure_that_anthropics_sdk_makes(schema: dict[str, Any]) -> None:
    made = closed(schema)
    assert made is not None
    Draft202012Validator.check_schema(made)
    assert structure(made) == structure(transform_schema(json.loads(json.dumps(schema))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "$ref", "$defs", "required", "enum", "format", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(JSON)
def test_it_never_raises(schema: Any) -> None:
    made = closed(schema)
    assert made is None or isinstance(made, dict)
