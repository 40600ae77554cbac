"""Random weights, a spread of schemas: what ends by itself must be valid, whatever the model wants."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from agent_models.engine.gbnf import Rules
from agent_models.engine.model import Model
from agent_models.engine.schema_rules import SchemaRules, SchemaUnsupportedError
from tests.models.engine.accepting import accepts
from tests.models.engine.asking import answer, ask, reason_of, schema_format, text_of

_NODE = {
    "type": "object",
    "properties": {"v": {"type": "boolean"}, "next": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}},
    "required": ["v", "next"],
    "additionalProperties": False,
}
_FLAGS = {name: {"type": "boolean"} for name in "abcd"}
SCHEMAS: dict[str, Any] = {
    "enum": {"enum": ['x"y', "é\\", "\n", None, 3, 2.5, [1, {"k": "v"}], {"a": []}]},
    "enum within type": {"type": "string", "enum": [1, "a", None, "b"], "maxLength": 1},
    "const": {"const": {"a": [1, "\n\u0007"]}},
    "optional": {"type": "object", "properties": _FLAGS, "required": ["b"]},
    "all optional": {"type": "object", "properties": _FLAGS, "additionalProperties": False},
    "at least one": {"type": "object", "properties": _FLAGS, "additionalProperties": False, "minProperties": 1},
    "others": {"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": {"const": 1}},
    "required elsewhere": {"type": "object", "required": ["z"], "additionalProperties": {"type": "null"}},
    "awkward names": {
        "type": "object",
        "properties": {'a"b': {"const": 1}, "a b-é": {"const": 2}, "": {"const": 3}, "r0": {"const": 4}},
        "required": ['a"b', "a b-é", "", "r0"],
    },
    "nested": {
        "type": "object",
        "properties": {"o": {"type": "object", "properties": {"p": {"type": "integer"}}, "required": ["p"]}},
        "required": ["o"],
    },
    "items": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4},
    "items, counted in decimals": {"type": "array", "items": {"type": "null"}, "minItems": 2.0, "maxItems": 4.0},
    "tuple of decimals": {"prefixItems": [{"type": "null"}] * 3, "minItems": 1.0, "maxItems": 2.0, "items": True},
    "tuple and many more": {"prefixItems": [{"type": "null"}], "items": {"const": 1}, "minItems": 300},
    "length in decimals": {"type": "string", "minLength": 2.0, "maxLength": 600.0},
    "one item at least": {"type": "array", "items": {"type": "null"}, "minItems": 1},
    "no items": {"type": "array", "items": False},
    "tuple": {"type": "array", "prefixItems": [{"type": "boolean"}, {"type": "null"}], "items": False},
    "tuple and more": {"prefixItems": [{"type": "boolean"}], "items": {"type": "null"}, "minItems": 3},
    "integer": {"type": "integer", "minimum": -3, "exclusiveMaximum": 117},
    "number": {"type": "number", "exclusiveMinimum": -2.5, "maximum": 1},
    "short string": {"type": "string", "minLength": 2, "maxLength": 5},
    "long string": {"type": "string", "minLength": 501, "maxLength": 1100},
    "pattern": {"type": "string", "pattern": r"^[A-Z]{2,3}-\d+(\.\w+)?$"},
    "pattern and length": {"type": "string", "pattern": "^[a-z]{3}$", "minLength": 1, "maxLength": 64},
    "date-time": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "unknown format": {"type": "string", "format": "uri", "maxLength": 8},
    "anyOf": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}, {"type": "integer"}]},
    "anyOf and siblings": {
        "type": "object",
        "properties": {"k": {"type": "boolean"}},
        "anyOf": [{"required": ["k"]}, {"properties": {"j": {"const": 1}}, "required": ["j"]}],
    },
    "oneOf": {
        "oneOf": [
            {"type": "object", "properties": {"k": {"const": "a"}, "x": {"type": "null"}}, "required": ["k", "x"]},
            {"type": "object", "properties": {"k": {"const": "b"}}, "required": ["k"]},
            {"type": "null"},
        ]
    },
    "allOf": {
        "allOf": [
            {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
            {"properties": {"b": {"type": "null"}}, "required": ["b"]},
        ]
    },
    "types": {"type": ["string", "null", "boolean"], "maxLength": 3},
    "ref": {"$defs": {"n": _NODE}, "$ref": "#/$defs/n"},
    "ref beside": {"$defs": {"s": {"type": "string"}}, "$ref": "#/$defs/s", "maxLength": 2},
    "ref with escapes": {"$defs": {"a/b": {"const": 1}}, "$ref": "#/$defs/a~1b"},
    "ref to itself": {"type": "object", "properties": {"c": {"type": "array", "items": {"$ref": "#"}}}},
    "any object": {"type": "object"},
    "anything": True,
    "empty": {},
    "old tuple": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "array",
        "items": [{"type": "null"}, {"const": 1}],
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_answer_that_ends_is_valid(model: Model, name: str) -> None:
    schema = SCHEMAS[name]
    ended = 0
    for seed in range(6):
        request = ask(temperature=1.3, seed=seed, max_tokens=1300, output_format=schema_format(schema))
        events = answer(model, request)
        if reason_of(events) == "stop":
            ended += 1
            jsonschema.validate(json.loads(text_of(events)), schema)
    assert ended, "no answer ended by itself"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("enum", SCHEMAS["enum"]["enum"]),
        ("optional", [{"b": True}, {"a": True, "b": False, "d": True}]),
        ("all optional", [{}, {"c": True}, {"a": True, "d": False}]),
        ("others", [{}, {"a": None}, {"a": None, "ab": 1, "b": 1}, {"": 1}]),
        ("items", [[True, False], [True] * 4]),
        ("short string", ["ab", "日本語"]),
        ("anyOf", ["abc", None, -7]),
        ("oneOf", [{"k": "a", "x": None}, {"k": "b"}, None]),
        ("ref", [{"v": True, "next": {"v": False, "next": None}}]),
        ("anything", [{"a": [1, "x", None, {"b": 1.5e3}]}]),
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_the_grammar_is_not_narrower_than_needed(
    model: Model, name: str, values: list[Any], separators: tuple[str, str]
) -> None:
    rules = Rules()
    root = SchemaRules(rules, SCHEMAS[name]).root()
    for value in values:
        assert accepts(model, root, json.dumps(value, ensure_ascii=False, separators=separators), rules), value


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "nonsense"}, "not a valid JSON Schema"),
        ({"type": "object", "properties": 3}, "not a valid JSON Schema"),
        ({"not": {"type": "string"}}, "'not'"),
        ({"if": {"type": "string"}}, "'if'"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "number", "multipleOf": 0.1}, "multipleOf"),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "overlap"),
        ({"type": "string", "pattern": "(?=a)"}, "pattern"),
        ({"type": "object", "patternProperties": {"^a": {}}}, "patternProperties"),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, "not allowed"),
        ({"type": "object", "minProperties": 3}, "minProperties"),
        ({"$ref": "https://example.org/schema"}, "outside"),
        ({"$ref": "#/$defs/none"}, "nothing"),
        ({"type": "string", "enum": [1]}, "none of an enum"),
        ({"minItems": 3, "maxItems": 1, "type": "array"}, "below"),
        (False, "forbids"),
    ],
)
def test_what_cannot_be_promised_is_refused(schema: Any, reason: str) -> None:
    with pytest.raises(SchemaUnsupportedError, match=reason):
        SchemaRules(Rules(), schema).root()


def test_lenient_rules_say_that_they_are_loose() -> None:
    rules = SchemaRules(Rules(), {"type": "array", "uniqueItems": True}, lenient=True)
    assert rules.root()
    assert rules.loose
    assert not rules.validator.is_valid([1, 1])


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(3000):
        schema = {"type": "array", "items": schema}
    with pytest.raises((SchemaUnsupportedError, RecursionError)):
        SchemaRules(Rules(), schema).root()
