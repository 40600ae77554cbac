"""Requests and answers for the tests of verification."""

from __future__ import annotations

from typing import Any

from agent_models.completion import CompletionRequest, Message, NamedTool, OutputFormat, StopReason, Text, Tool
from agent_router.verification.answer import Answer, Call


def request(
    ask: str = "Say hello.",
    *,
    system: str | None = None,
    schema: dict[str, Any] | bool | None = None,
    json_object: bool = False,
    tools: tuple[Tool, ...] = (),
    choice: Any = "auto",
    parallel: bool = True,
    max_tokens: int | None = None,
    stop: tuple[str, ...] = (),
) -> CompletionRequest:
    """A request with one ask."""
    messages = [Message("user", (Text(ask),))]
    if system is not None:
        messages.insert(0, Message("system", (Text(system),)))
    wanted = OutputFormat()
    if schema is not None:
        wanted = OutputFormat("json_schema", "answer", schema)
    elif json_object:
        wanted = OutputFormat("json_object")
    return CompletionRequest(
        messages=tuple(messages),
        tools=tools,
        tool_choice=NamedTool(choice[1:]) if choice.startswith("=") else choice,
        parallel_tool_calls=parallel,
        output_format=wanted,
        max_tokens=max_tokens,
        stop=stop,
    )


def said(text: str = "", *calls: tuple[str, str], stop: StopReason | None = None) -> Answer:
    """A whole answer of this text and these calls (name, arguments)."""
    made = {i: Call(name, arguments, f"call_{i}") for i, (name, arguments) in enumerate(calls)}
    reason: StopReason = stop or ("tool_calls" if calls else "stop")
    return Answer(pieces=[text] if text else [], calls=made, stop=reason, length=len(text))


def begun(text: str) -> Answer:
    """An answer that is not whole yet."""
    return Answer(pieces=[text], length=len(text))


def tool(name: str = "get_weather", **properties: Any) -> Tool:
    """A tool whose arguments are all required."""
    properties = properties or {"city": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return Tool(name, f"Does {name}.", schema)
