"""JSON as it was demanded."""

from __future__ import annotations

from typing import Any

import pytest

from agent_router.verification.schema import INVALID, breaks_schema, decoded, valid
from tests.router.verification.asking import request, said

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


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
