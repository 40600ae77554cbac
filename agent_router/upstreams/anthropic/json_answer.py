"""JSON that Anthropic cannot be held to as a format: a tool that must be called takes it, and its call is the answer.

Its formats are closed schemas only; asked in words for JSON, models like to put it into a fence.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from agent_models.completion import CompletionRequest, Event, Stop, TextDelta, ToolCallDelta
from agent_router.upstreams.anthropic.schema import closed

NAME = "json_answer"
_TAKES = (
    "Takes the answer: all of the JSON object that was asked for, with every key that was named, is the input. "
    "It is never empty."
)


def answer_tool(request: CompletionRequest) -> dict[str, Any] | None:
    """The tool; None where none is needed, or where it would be in the way of the caller's own."""
    wanted = request.output_format
    if wanted.kind == "text" or request.tools:
        return None
    schema: Any = {"type": "object"} if wanted.kind == "json_object" or wanted.schema is None else wanted.schema
    is_object = (
        isinstance(schema, dict) and schema.get("type", "object" if "properties" in schema else None) == "object"
    )
    if not is_object or (wanted.kind == "json_schema" and wanted.schema is not None and closed(schema) is not None):
        return None
    return {"name": NAME, "description": _TAKES, "input_schema": {"type": "object", **schema}}


def as_text(events: AsyncGenerator[Event, None], request: CompletionRequest) -> AsyncGenerator[Event, None]:
    """The same events, with the tool's call as the text that it stands for."""
    return events if answer_tool(request) is None else _as_text(events)


async def _as_text(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    called = False
    try:
        async for event in events:
            if isinstance(event, ToolCallDelta):
                called = True
                if event.arguments:
                    yield TextDelta(event.arguments)
            elif isinstance(event, TextDelta):
                continue  # what is said before the call is no part of the JSON
            elif isinstance(event, Stop) and called and event.reason == "tool_calls":
                yield Stop("stop")
            else:
                yield event
    finally:
        await events.aclose()
