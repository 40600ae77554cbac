from __future__ import annotations

from typing import Any

import pytest

from agent_models.completion import CompletionRequest, NamedTool, OutputFormat, Tool
from agent_models.engine.chat_form import HARMONY, HERMES, LLAMA, ChatForm
from agent_models.engine.grammar import Constraints, constraints
from agent_models.engine.model import Model
from agent_models.engine.tool_form import ToolForm
from agent_models.errors import UnsupportedRequestError
from tests.models.engine.accepting import follows
from tests.models.engine.asking import ask, schema_format


def _constraints(request: CompletionRequest, form: ToolForm = HERMES) -> Constraints:
    return constraints(request, ChatForm(form))


TOOL = Tool("f", "", {"type": "object", "properties": {"a": {"type": "integer"}}})


def test_free_text_has_no_grammar() -> None:
    rules = _constraints(ask())
    assert (rules.start, rules.calls, rules.call_first) == (None, {}, False)


def test_tools_rule_only_behind_the_marker() -> None:
    rules = _constraints(ask(tools=(TOOL,)))
    assert rules.start is None
    assert set(rules.calls) == {"<tool_call>"}
    assert not rules.call_first
    assert _constraints(ask(tools=(TOOL,), tool_choice="required")).call_first


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
        _constraints(ask(**fields))
    assert caught.value.param == param


def test_what_a_tools_grammar_leaves_out_is_checked_later() -> None:
    rules = _constraints(ask(tools=(TOOL, Tool("g", "", {"type": "object", "not": {"required": ["a"]}}))))
    assert set(rules.checks) == {"g"}


def test_json_object_is_an_object() -> None:
    assert (_constraints(ask(output_format=OutputFormat("json_object"))).start or "").startswith("root ::= object\n")


def test_further_calls_only_where_they_are_wanted_and_the_form_has_them(model: Model) -> None:
    one = '\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
    two = one + "\n<tool_call>" + one.replace("1", "2")
    together = _constraints(ask(tools=(TOOL,))).calls["<tool_call>"]
    apart = _constraints(ask(tools=(TOOL,), parallel_tool_calls=False)).calls["<tool_call>"]
    assert [follows(model, together, text) for text in (one, two)] == [True, True]
    assert [follows(model, apart, text) for text in (one, two)] == [True, False]
    assert HARMONY.again is None


def test_json_may_begin_as_an_early_call_does(model: Model) -> None:
    named = schema_format({"type": "object", "properties": {"name": {"type": "null"}}, "required": ["name"]})
    start = _constraints(ask(tools=(TOOL,), output_format=named), LLAMA).start
    assert start is not None
    assert follows(model, start, '{"name":null}')
    assert follows(model, start, "<|python_tag|>")
    assert not follows(model, start, '{"name":')
