"""Custom tools where a model knows only functions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import pytest

from agent_models.completion import (
    CompletionRequest,
    Event,
    FreeText,
    Message,
    Stop,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
)
from agent_router.upstreams.custom_calls import custom_calls, functions_only

PATCH = Tool("patch", "Edits files.", custom=FreeText("lark", 'start: "x"'))
READ = Tool("read", "", {"type": "object"})
REQUEST = CompletionRequest(
    messages=(
        Message("user", (Text("go"),)),
        Message("assistant", (), (ToolCall("c1", "patch", "*** Begin", custom=True),)),
        Message("tool", (Text("ok"),), tool_call_id="c1"),
    ),
    tools=(PATCH, READ),
)


async def told(*events: Event, request: CompletionRequest = REQUEST) -> list[Event]:
    closed = []

    async def source(events: Sequence[Event]) -> AsyncGenerator[Event, None]:
        try:
            for event in events:
                yield event
        finally:
            closed.append(True)

    found = [event async for event in custom_calls(source(events), request)]
    assert closed == [True]
    return found


def test_they_become_functions_of_one_text() -> None:
    made = functions_only(REQUEST)
    assert [tool.custom for tool in made.tools] == [None, None]
    assert made.tools[0].parameters is not None
    assert made.tools[0].parameters["required"] == ["input"]
    assert 'start: "x"' in made.tools[0].description
    assert made.messages[1].tool_calls == (ToolCall("c1", "patch", '{"input":"*** Begin"}'),)
    assert made.tools[1] == READ


def test_a_request_without_them_stays_the_same() -> None:
    request = CompletionRequest(messages=(Message("user", (Text("x"),)),), tools=(READ,))
    assert functions_only(request) is request


def test_tools_that_may_not_be_called_are_not_offered() -> None:
    request = CompletionRequest(messages=(), tools=(PATCH, READ), allowed_tools=("read",))
    assert functions_only(request).tools == (READ,)


@pytest.mark.parametrize("text", ['{"input": "*** Begin"}', '"*** Begin"', "*** Begin"])
async def test_their_calls_become_custom_again_however_the_model_wrote_them(text: str) -> None:
    events = await told(ToolCallDelta(0, text[:5], "c", "patch"), ToolCallDelta(0, text[5:]), Stop("tool_calls"))
    assert events == [ToolCallDelta(0, "*** Begin", "c", "patch", custom=True), Stop("tool_calls")]


async def test_other_calls_pass_as_they_come_and_so_do_those_of_who_knows_custom_tools() -> None:
    events: list[Event] = [
        TextDelta("a"),
        ToolCallDelta(0, "{", "c", "read"),
        ToolCallDelta(0, "}"),
        ToolCallDelta(1, "*** ", "d", "patch", custom=True),
        ToolCallDelta(1, "Begin"),
        Stop("tool_calls"),
    ]
    assert await told(*events) == events


async def test_one_that_the_end_cuts_short_is_told_as_far_as_it_came() -> None:
    assert await told(ToolCallDelta(0, '{"inp', "c", "patch")) == [ToolCallDelta(0, '{"inp', "c", "patch", custom=True)]


async def test_text_between_its_pieces_does_not_tear_it() -> None:
    first, last = ToolCallDelta(0, '{"input":"*** B', "c", "patch"), ToolCallDelta(0, 'egin"}')
    read = await told(first, TextDelta("hm"), last, Stop("tool_calls"))
    assert read == [TextDelta("hm"), ToolCallDelta(0, "*** Begin", "c", "patch", custom=True), Stop("tool_calls")]
