"""Names that a dialect refuses are told otherwise, and told back."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from agent_models.completion import (
    CompletionRequest,
    Event,
    Message,
    NamedTool,
    Stop,
    Text,
    Tool,
    ToolCall,
    ToolCallDelta,
)
from agent_router.upstreams.tool_names import given_names, plain_names


def request(*names: str) -> CompletionRequest:
    calls = tuple(ToolCall(f"c{i}", name, "{}") for i, name in enumerate(names))
    messages = (Message("user", (Text("go"),)), Message("assistant", (), calls))
    tools = tuple(map(Tool, names))
    return CompletionRequest(
        messages=messages, tools=tools, tool_choice=NamedTool(names[0]), allowed_tools=names[1:] or None
    )


@pytest.mark.parametrize("names", [("mcp.server:tool", "mcp_server.tool"), ("a" * 70 + "1", "a" * 70 + "2"), ("grün",)])
async def test_odd_names_are_plain_on_the_way_and_themselves_again_behind(names: tuple[str, ...]) -> None:
    asked = request(*names)
    sent = plain_names(asked)
    plain = [tool.name for tool in sent.tools]
    assert len(set(plain)) == len(names)
    assert all(name.replace("_", "").replace("-", "").isalnum() and name.isascii() for name in plain)
    assert max(map(len, plain)) <= 64
    assert [call.name for call in sent.messages[1].tool_calls] == plain
    assert sent.tool_choice == NamedTool(plain[0])
    assert list(sent.allowed_tools or ()) == plain[1:]

    async def events() -> AsyncGenerator[Event, None]:
        for index, name in enumerate(plain):
            yield ToolCallDelta(index, "{}", f"c{index}", name)
        yield Stop("tool_calls")

    told = [event async for event in given_names(events(), asked)]
    assert [event.name for event in told if isinstance(event, ToolCallDelta)] == list(names)


def test_plain_names_are_left_alone() -> None:
    asked = request("get_weather", "mcp__fs__read-file")
    assert plain_names(asked) is asked
