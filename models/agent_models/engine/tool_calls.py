"""Tools and calls as text, for templates that do not show them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from agent_models.completion import Tool
from agent_models.engine.tool_form import ToolForm


def declaration(tool: Tool) -> dict[str, Any]:
    """The tool in OpenAI's shape, which templates expect."""
    parameters = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def instruction(declarations: Sequence[dict[str, Any]], form: ToolForm) -> str:
    """What a model is told whose template shows no tools."""
    lines = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in declarations)
    example = form.write([("<function-name>", {"<argument-name>": "<argument-value>"})])
    return (
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n"
        f"<tools>\n{lines}\n</tools>\n\n"
        f"Each function call must be written exactly in this form:\n{example}"
    )


def calls_as_text(message: dict[str, Any], form: ToolForm) -> dict[str, Any]:
    """The message with its calls written into the text."""
    if calls := message.get("tool_calls"):
        written = form.write([(call["function"]["name"], call["function"]["arguments"]) for call in calls])
        return {"role": message["role"], "content": "\n".join(filter(None, [message["content"], written]))}
    return message


def result_as_text(message: dict[str, Any]) -> dict[str, Any]:
    """The message; a tool's result as the user's turn."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"<tool_response>\n{message['content']}\n</tool_response>"}
    return message


def one_call_a_turn(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns with several calls taken apart, each call with its results behind it."""
    turns: list[dict[str, Any]] = []
    rest = list(messages)
    while rest:
        message = rest.pop(0)
        calls = message.get("tool_calls", [])
        if len(calls) < 2:
            turns.append(message)
            continue
        results = list(itertools.takewhile(lambda entry: entry["role"] == "tool", rest))
        del rest[: len(results)]
        for nth, call in enumerate(calls):
            # What the caller numbers differently stays behind the last one.
            own = [result for result in results if result.get("tool_call_id") == call["id"] or nth == len(calls) - 1]
            results = [result for result in results if result not in own]
            content = message["content"] if nth == 0 or message["content"] is None else ""
            turns += [{**message, "tool_calls": [call], "content": content}, *own]
    return turns
