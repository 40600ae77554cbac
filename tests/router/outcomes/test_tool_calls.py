"""Calls, by what they do."""

from __future__ import annotations

from agent_models.completion import Tool
from agent_router.outcomes.tool_calls import same_calls

TOOLS = (
    Tool("read", "", {"type": "object", "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}}}),
)


def test_order_and_form_of_arguments_make_no_difference() -> None:
    one, other = (("read", '{"path": "a.py", "limit": 5}'),), (("read", '{"limit":5.0,"path":"./a.py"}'),)
    assert same_calls(one, other, TOOLS) == 1


def test_what_is_called_and_with_what_does() -> None:
    one = (("read", '{"path": "a.py"}'),)
    assert same_calls(one, (("read", '{"path": "b.py"}'),), TOOLS) < 1
    assert same_calls(one, (("write", '{"path": "a.py"}'),), TOOLS) < 1
    assert same_calls(one, (), TOOLS) < 1


def test_parallel_calls_have_no_order() -> None:
    a, b = ("read", '{"path": "a.py"}'), ("read", '{"path": "b.py"}')
    assert same_calls((a, b), (b, a), TOOLS) == 1
