from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_models.engine.gbnf import Rules
from agent_models.engine.gemma_arguments import GemmaArguments, read
from agent_models.engine.model import Model
from agent_models.engine.schema_rules import SchemaUnsupportedError
from tests.models.engine.accepting import accepts

_NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,8}", fullmatch=True)
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12).filter(
    lambda text: '<|"|>' not in text + '<|"|>'[:-1]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)


def _accepts(model: Model, schema: dict[str, Any], text: str) -> bool:
    rules = Rules()
    return accepts(
        model, GemmaArguments().arguments(rules, {"type": "object", **schema}, lenient=True).rule, text, rules
    )


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=3))
def test_whatever_is_written_is_accepted_and_read_back(model: Model, value: dict[str, Any]) -> None:
    written = GemmaArguments().write(value)
    assert _accepts(model, {}, written)
    found = read(written + "<tool_call|>", 0)
    assert found is not None
    assert (json.loads(found[0]), found[1]) == (value, len(written))


@pytest.mark.parametrize("text", ["", "{", "{a:", "{a:1", '{a:<|"|>x', "{a:[1,", "{1}", "x", "{a:nothing}"])
def test_what_is_not_whole_is_not_read(text: str) -> None:
    assert read(text, 0) is None


def test_the_schema_is_kept_to(model: Model) -> None:
    schema = {
        "properties": {
            "b": {"type": "string", "maxLength": 2},
            "A": {"enum": ["x y", 1]},
            "c": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["b", "A"],
    }
    assert _accepts(model, schema, '{A:<|"|>x y<|"|>,b:<|"|>hi<|"|>,c:[1,2]}')
    assert _accepts(model, schema, '{A:1,b:<|"|><|"|>}')
    assert not _accepts(model, schema, '{b:<|"|>hi<|"|>,A:1}')  # names come in alphabetical order
    assert not _accepts(model, schema, '{A:1,b:<|"|>long<|"|>}')
    assert not _accepts(model, schema, '{A:<|"|>z<|"|>,b:<|"|>hi<|"|>}')
    assert not _accepts(model, schema, "{A:1}")


def test_other_names_where_they_are_allowed(model: Model) -> None:
    schema = {"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}}
    assert _accepts(model, schema, "{a:1,other:true}")
    assert not _accepts(model, schema, "{other:1}")


@pytest.mark.parametrize("value", [{"type": "string", "pattern": "^a$"}])
def test_what_no_rule_expresses_is_refused_or_checked(value: Any) -> None:
    schema = {"type": "object", "properties": {"a": value}}
    assert GemmaArguments().arguments(Rules(), schema, lenient=True).loose
    with pytest.raises(SchemaUnsupportedError):
        GemmaArguments().arguments(Rules(), schema, lenient=False)


def test_a_name_that_cannot_be_bare_is_left_to_the_check() -> None:
    schema = {"type": "object", "properties": {"a:b": {"type": "integer"}}}
    assert GemmaArguments().arguments(Rules(), schema, lenient=True).loose
