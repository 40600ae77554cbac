"""JSON as it was demanded."""

from __future__ import annotations

import time
from typing import Any

import pytest

from agent_router.verification.schema import INVALID, breaks_schema, decoded, is_quick, valid
from tests.router.verification.asking import request, said

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
FORKS = {str(i): {"allOf": [{"$ref": f"#/$defs/{i + 1}"}] * 2} for i in range(12)} | {"12": {"type": "integer"}}


@pytest.mark.parametrize("text", ['{"n": 1}', ' {"n":1}\n', '{"n": 1, "more": true}'])
def test_what_is_as_demanded_passes(text: str) -> None:
    assert not breaks_schema(said(text), request(schema=SCHEMA))


@pytest.mark.parametrize("text", ["", "{", "1", "null", '{"n": "1"}', "{}", '```json\n{"n":1}\n```', 'JSON: {"n": 1}'])
def test_what_is_not_does_not(text: str) -> None:
    assert breaks_schema(said(text), request(schema=SCHEMA))


def test_json_of_any_shape_is_an_object() -> None:
    assert not breaks_schema(said("{}"), request(json_object=True))
    assert breaks_schema(said("[]"), request(json_object=True))
    assert not breaks_schema(said("prose"), request())
    assert not breaks_schema(said("", ("f", "{}")), request(schema=SCHEMA))


def test_a_schema_that_cannot_be_used_says_nothing() -> None:
    for schema in ({"$ref": "#/nowhere"}, {"pattern": "(", "type": "string"}, {"type": 7}, True):
        assert valid("x", schema)  # type: ignore[arg-type]
    assert not valid("x", False)


def test_text_is_decoded_or_invalid() -> None:
    assert decoded(" null ") is None
    assert decoded("[" * 100_000) is INVALID
    assert decoded("\ud800") is INVALID


def test_a_reference_to_elsewhere_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("urllib.request.urlopen", fetched)
    monkeypatch.setattr("socket.create_connection", fetched)
    assert valid({"a": 1}, {"$ref": "http://127.0.0.1:9/schema.json"})
    assert valid({"a": 1}, {"properties": {"a": {"$ref": "https://example.com/other"}}})
    assert not valid({"a": 1}, {"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}}})


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a" * 40 + "!", {"pattern": "(a+)+$"}),
        ("a" * 40 + "!", {"pattern": "(a|aa)+$"}),
        ("a" * 400 + "!", {"pattern": "a*a*a*a*a*b$"}),
        ("ab" * 40, {"pattern": r"(\w+)\s\1"}),
        ({"a" * 40 + "!": 1}, {"patternProperties": {"(a+)+$": {"type": "string"}}}),
        ([[n] for n in range(5000)], {"uniqueItems": True}),
        ({"a": "a" * 24 + "!"}, {"properties": {"a": {"$schema": DRAFT_7, "pattern": "(a+)+$"}}}),
        ({"a" * 24 + "!": 1}, {"patternProperties": {"(a+)+$": {}}, "additionalProperties": False}),
        ({"a" * 24 + "!": 1}, {"patternProperties": {"(a+)+$": {}}, "unevaluatedProperties": False}),
        ("a" * 2000, {"pattern": "a*a*b"}),
        ("a" * 24, {"pattern": "(a|a)" * 24 + "b"}),
        ("a" * 24, {"pattern": "a?" * 24 + "a" * 24 + "b"}),
        ("a" * 24 + "!", {"pattern": "(?x)(a+) # \n +$"}),
        (1, {"$defs": FORKS, "$ref": "#/$defs/0"}),
        ([{"a": "x"}] * 20_000, {"items": {"properties": {"a": {"type": "string"}}, "required": ["a"]}}),
    ],
)
def test_no_schema_holds_everybody_up(value: Any, schema: dict[str, Any]) -> None:
    began = time.perf_counter()
    assert valid(value, schema)
    assert time.perf_counter() - began < 0.05


def test_of_a_long_value_the_beginning_is_checked() -> None:
    schema = {"items": {"type": "object", "properties": {"a": {"type": "string"}}}}
    assert not valid([{"a": "x"}] * 100 + [{"a": 1}] + [{"a": "x"}] * 20_000, schema)


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        (r"^\d{4}-\d{2}-\d{2}$", 10),
        (r"^[^@\s]+@[^@\s]+\.[a-z]+$", 30),
        ("^(GET|POST|PUT|PATCH|DELETE)$", 6),
        (r"^\+?\d{1,3}[ -]?\d{4,12}$", 20),
        ("^[a-z0-9_-]{1,64}$", 64),
        (r"^.+\.py$", 200),
        ("^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", 5),
    ],
)
def test_patterns_as_people_write_them_are_quick(pattern: str, length: int) -> None:
    assert is_quick(pattern, length)


def test_patterns_and_unique_items_are_checked_where_that_is_quick() -> None:
    assert valid("2026-11-27", {"pattern": r"^\d{4}-\d{2}-\d{2}$"})
    assert not valid("27.11.2026", {"pattern": r"^\d{4}-\d{2}-\d{2}$"})
    assert not valid([1, 2, 1], {"uniqueItems": True})
    assert not valid([{"a": 1, "b": 2}, {"b": 2, "a": 1}], {"uniqueItems": True})
    assert valid([1, 2, 1], {"uniqueItems": False})
    numbered = {"patternProperties": {"^n_": {"type": "integer"}}}
    assert not valid({"n_a": "x"}, numbered)
    assert valid({"n_a": 1, "b": "x"}, numbered)
