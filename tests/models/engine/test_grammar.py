from __future__ import annotations

from typing import Any

import pytest

from agent_models.completion import NamedTool, OutputFormat, Tool
from agent_models.engine.grammar import constraints
from agent_models.errors import UnsupportedRequestError
from tests.models.engine.asking import ask, schema_format

TOOL = Tool("f", "", {"type": "object", "properties": {"a": {"type": "integer"}}})


def test_free_text_has_no_grammar() -> None:
    rules = constraints(ask())
    assert (rules.start, rules.call, rules.further, rules.call_first) == (None, None, None, False)


def test_tools_rule_only_behind_the_marker() -> None:
    rules = constraints(ask(tools=(TOOL,)))
    assert rules.start is None
    assert rules.call is not None
    assert not rules.call_first
    assert constraints(ask(tools=(TOOL,), tool_choice="required")).call_first


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"output_format": schema_format({"type": "x"})}, "response_format"),
        ({"output_format": schema_format({"not": {"type": "null"}})}, "response_format"),
        ({"tools": (Tool("f", "", {"type": "x"}),)}, "tools"),
        ({"tools": (Tool("f", "", {"not": {"type": "null"}}, strict=True),)}, "tools"),
        ({"tools": (TOOL,), "tool_choice": NamedTool("g")}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(UnsupportedRequestError) as caught:
        constraints(ask(**fields))
    assert caught.value.param == param


def test_what_a_tools_grammar_leaves_out_is_checked_later() -> None:
    rules = constraints(ask(tools=(TOOL, Tool("g", "", {"type": "object", "not": {"required": ["a"]}}))))
    assert set(rules.checks) == {"g"}


def test_json_object_is_an_object() -> None:
    assert (constraints(ask(output_format=OutputFormat("json_object"))).start or "").startswith("root ::= object\n")
