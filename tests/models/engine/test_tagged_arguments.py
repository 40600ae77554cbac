from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_models.engine.gbnf import Rules
from agent_models.engine.model import Model
from agent_models.engine.schema_rules import SchemaUnsupportedError
from agent_models.engine.tagged_arguments import Tagged
from tests.models.engine.accepting import accepts

CODER = Tagged("<parameter=", ">\n", "\n</parameter>")
GLM = Tagged("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>")


def _read(tagged: Tagged, schema: dict[str, Any], text: str) -> Any:
    found = tagged.arguments(Rules(), {"type": "object", **schema}, lenient=True).read(text, 0)
    assert found is not None
    return json.loads(found[0])


def _accepts(model: Model, schema: dict[str, Any], text: str, tagged: Tagged = CODER) -> bool:
    rules = Rules()
    return accepts(model, tagged.arguments(rules, {"type": "object", **schema}, lenient=True).rule, text, rules)


def _one(value: str, name: str = "a") -> str:
    return f"<parameter={name}>\n{value}\n</parameter>\n"


@pytest.mark.parametrize("tagged", [CODER, GLM])
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30))
def test_any_text_is_read_back_as_it_was(model: Model, tagged: Tagged, text: str) -> None:
    schema = {"properties": {"a": {"type": "string"}}, "required": ["a"]}
    if tagged.after in text:
        return
    written = tagged.write({"a": text})
    assert _accepts(model, schema, written, tagged)
    assert _read(tagged, schema, written) == {"a": text}


@pytest.mark.parametrize(
    ("value", "text", "read"),
    [
        ({"type": "string"}, "12", "12"),
        ({"type": "string"}, 'a "b"\n<c>', 'a "b"\n<c>'),
        ({"type": "integer"}, "12", 12),
        ({"type": "boolean"}, "true", True),
        ({"type": "array", "items": {"type": "string"}}, '["x"]', ["x"]),
        ({"type": "object", "properties": {"b": {"type": "null"}}}, '{"b": null}', {"b": None}),
        ({"type": ["string", "null"]}, "null", None),
        ({"type": ["string", "null"]}, "nul", "nul"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "7", 7),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "7 days", "7 days"),
        ({"enum": ["a b", 1]}, "a b", "a b"),
        ({"enum": ["a b", 1]}, "1", 1),
        ({"const": "c"}, "c", "c"),
        ({"$ref": "#/$defs/s"}, "3", "3"),
        ({"allOf": [{"type": "string"}]}, "3", "3"),
        ({}, "[1]", [1]),
        (True, "free", "free"),
    ],
)
def test_values_are_what_their_schema_says(model: Model, value: Any, text: str, read: Any) -> None:
    schema = {"properties": {"a": value}, "required": ["a"], "$defs": {"s": {"type": "string"}}}
    assert _accepts(model, schema, _one(text))
    assert _read(CODER, schema, _one(text)) == {"a": read}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "integer"}, "x"),
        ({"enum": ["a"]}, "b"),
        ({"type": "string", "maxLength": 2}, "abc"),
        ({"type": "string", "minLength": 2}, "a"),
        ({"type": "string"}, "a\n</parameter>\n<parameter=b>\nc"),
    ],
)
def test_values_that_do_not_fit_are_not_written(model: Model, value: Any, text: str) -> None:
    schema = {"properties": {"a": value}, "required": ["a"], "additionalProperties": False}
    assert not _accepts(model, schema, _one(text))


def test_what_is_required_must_be_there(model: Model) -> None:
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]}
    assert _accepts(model, schema, _one("x") + _one("y", "b"))
    assert _accepts(model, schema, _one("y", "b"))
    assert not _accepts(model, schema, _one("x"))
    assert not _accepts(model, schema, _one("y", "b") + _one("z", "c"))


def test_other_names_where_they_are_allowed(model: Model) -> None:
    schema = {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}}
    assert _accepts(model, schema, _one("x") + _one("1", "other"))
    assert _read(CODER, schema, _one("x") + _one("1", "other")) == {"a": "x", "other": 1}
    assert not _accepts(model, schema, _one("x", "other"))


def test_what_no_rule_expresses_is_refused_or_checked() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^x"}}}
    assert CODER.arguments(Rules(), schema, lenient=True).loose
    with pytest.raises(SchemaUnsupportedError, match="pattern"):
        CODER.arguments(Rules(), schema, lenient=False)
    either = {"type": "object", "anyOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {}}}]}
    assert CODER.arguments(Rules(), either, lenient=True).loose
    with pytest.raises(SchemaUnsupportedError, match="required but not allowed"):
        CODER.arguments(Rules(), {"type": "object", "required": ["a"], "additionalProperties": False}, lenient=True)
