"""How tool calls are written in text, told to the model, and read back.

The form is Hermes' and Qwen's: `<tool_call>`, a newline, `{"name": ..., "arguments": {...}}`, a newline,
`</tool_call>`.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Sequence
from typing import Any

from agent_models.completion import Tool, ToolCallDelta

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_ALPHABET = string.ascii_letters + string.digits
_CALL = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(.*?)\s*\}\s*', re.DOTALL)


def declaration(tool: Tool) -> dict[str, Any]:
    """The tool in OpenAI's shape, which templates expect."""
    parameters = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def instruction(declarations: Sequence[dict[str, Any]]) -> str:
    """What a model is told whose template knows no tools, or writes calls in another form."""
    lines = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in declarations)
    return (
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n"
        f"<tools>\n{lines}\n</tools>\n\n"
        "For each function call, return a json object with function name and arguments within "
        f"{OPEN}{CLOSE} XML tags:\n{OPEN}\n"
        '{"name": <function-name>, "arguments": <args-json-object>}\n'
        f"{CLOSE}"
    )


def as_text(message: dict[str, Any]) -> dict[str, Any]:
    """The message without tool fields: calls written into the text, a result as the user's turn."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"<tool_response>\n{message['content']}\n</tool_response>"}
    if calls := message.get("tool_calls"):
        written = [write(call["function"]["name"], call["function"]["arguments"]) for call in calls]
        return {"role": message["role"], "content": "\n".join(filter(None, [message["content"], *written]))}
    return message


def write(name: str, arguments: Any) -> str:
    """A call as text."""
    body = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"{OPEN}\n{body}\n{CLOSE}"


def read(text: str, index: int) -> ToolCallDelta:
    """The call in `text`, which the grammar has made: with or without the markers around it.

    Arguments stay as the model wrote them. Raises ValueError for anything else.
    """
    inner = text.strip().removeprefix(OPEN).removesuffix(CLOSE)
    found = _CALL.fullmatch(inner)
    if found is None:
        raise ValueError("not a tool call")
    json.loads(found[2])
    identity = "call_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))
    return ToolCallDelta(index=index, id=identity, name=json.loads(found[1]), arguments=found[2])
