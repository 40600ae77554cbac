"""Calls as they were offered and demanded."""

from __future__ import annotations

import pytest

from agent_router.verification.answer import Call
from agent_router.verification.tool_call import breaks_arguments, invents_tool, misses_call
from tests.router.verification.asking import request, said, tool

TOOLS = (tool("get_weather"), tool("search", query={"type": "string"}))


def test_only_what_is_offered_may_be_called() -> None:
    assert not invents_tool(said("", ("search", "{}")), request(tools=TOOLS))
    assert invents_tool(said("", ("Search", "{}")), request(tools=TOOLS))
    assert invents_tool(said("", ("search", "{}")), request())
    assert invents_tool(said("", ("search", "{}")), request(tools=TOOLS, choice="none"))
    assert invents_tool(said("", ("search", "{}")), request(tools=TOOLS, choice="=get_weather"))


def test_what_is_demanded_must_come_and_one_at_a_time_is_one() -> None:
    assert misses_call(said("Done."), request(tools=TOOLS, choice="required"))
    assert misses_call(said("Done."), request(tools=TOOLS, choice="=search"))
    assert not misses_call(said("Done."), request(tools=TOOLS))
    two = said("", ("search", "{}"), ("search", "{}"))
    assert misses_call(two, request(tools=TOOLS, parallel=False))
    assert not misses_call(two, request(tools=TOOLS))


@pytest.mark.parametrize(
    ("arguments", "broken"),
    [('{"city": "Graz"}', False), ("", True), ("{}", True), ('{"city": 7}', True), ('{"city": "Gr', True), ("[]", True),
     ('{"city": "Graz", "more": 1}', True)],
)  # fmt: skip
def test_arguments_are_as_the_schema_says(arguments: str, broken: bool) -> None:
    assert breaks_arguments(said("", ("get_weather", arguments)), request(tools=TOOLS)) is broken


def test_two_calls_have_two_ids() -> None:
    answer = said("", ("search", '{"query": "a"}'), ("search", '{"query": "b"}'))
    assert not breaks_arguments(answer, request(tools=TOOLS))
    answer.calls[1] = Call("search", '{"query": "b"}', answer.calls[0].id)
    assert breaks_arguments(answer, request(tools=TOOLS))
