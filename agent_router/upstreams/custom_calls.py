"""Tools that take free text, and a choice among tools, for models that know only functions.

A custom tool becomes a function with one string, `input`; its calls become calls of the custom tool again. A grammar
for the text goes into the function's description, where the model may heed it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from msgspec import structs

from agent_models.completion import CompletionRequest, Event, Message, Stop, Tool, ToolCall, ToolCallDelta

INPUT = "input"


def functions_only(request: CompletionRequest) -> CompletionRequest:
    """The same request with functions only, and only those that may be called."""
    tools = request.tools
    if request.allowed_tools is not None:
        tools = tuple(tool for tool in tools if tool.name in request.allowed_tools)
        request = structs.replace(request, tools=tools, allowed_tools=None)
    if any(tool.custom is not None for tool in tools) or any(
        call.custom for message in request.messages for call in message.tool_calls
    ):
        return structs.replace(request, tools=tuple(map(_tool, tools)), messages=tuple(map(_message, request.messages)))
    return request


def _tool(tool: Tool) -> Tool:
    if tool.custom is None:
        return tool
    description = tool.description
    if tool.custom.definition:
        rule = f"The input must follow this grammar ({tool.custom.syntax}):\n{tool.custom.definition}"
        description = f"{description}\n\n{rule}" if description else rule
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {INPUT: {"type": "string"}},
        "required": [INPUT],
        "additionalProperties": False,
    }
    return Tool(tool.name, description, parameters)


def _message(message: Message) -> Message:
    if not any(call.custom for call in message.tool_calls):
        return message
    return structs.replace(message, tool_calls=tuple(map(_call, message.tool_calls)))


def _call(call: ToolCall) -> ToolCall:
    if not call.custom:
        return call
    return ToolCall(call.id, call.name, msgspec.json.encode({INPUT: call.arguments}).decode())


def custom_calls(events: AsyncGenerator[Event, None], request: CompletionRequest) -> AsyncGenerator[Event, None]:
    """The same events, with calls of the request's custom tools told as such, each in one piece."""
    names = frozenset(tool.name for tool in request.tools if tool.custom is not None)
    return _custom(events, names) if names else events


async def _custom(events: AsyncGenerator[Event, None], names: frozenset[str]) -> AsyncGenerator[Event, None]:
    open_: dict[int, list[ToolCallDelta]] = {}
    native: set[int] = set()
    try:
        async for event in events:
            if isinstance(event, ToolCallDelta):
                if event.custom:  # the upstream knows of custom tools itself
                    native.add(event.index)
                if event.index not in native and (event.index in open_ or event.name in names):
                    open_.setdefault(event.index, []).append(event)
                    continue
            elif isinstance(event, Stop):  # what is said between a call's pieces does not end it
                for pieces in open_.values():
                    yield _whole(pieces)
                open_ = {}
            yield event
        for pieces in open_.values():
            yield _whole(pieces)
    finally:
        await events.aclose()


def _whole(pieces: list[ToolCallDelta]) -> ToolCallDelta:
    text = "".join(piece.arguments for piece in pieces)
    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        given = None
    # A model may have answered in its own way; what it said is then the input as it stands.
    said = given.get(INPUT) if isinstance(given, dict) else given
    first = pieces[0]
    return ToolCallDelta(first.index, said if isinstance(said, str) else text, first.id, first.name, custom=True)
