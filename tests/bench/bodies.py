"""The requests that are measured: a 1 kB call, and what a coding agent sends with each turn (88 kB)."""

from __future__ import annotations

import json
import random
from typing import Any

MODEL = "gpt-5.4"
AGENT_BYTES = 88_000

_SUBJECTS = ("the working tree", "a failing test", "each tool call", "the user's files", "a long command", "the plan")
_VERBS = ("must be read before", "is checked against", "never replaces", "should be stated with", "comes after")
_OBJECTS = ("any edit is made", "the exit status", "a guess", "its line numbers", "what was asked", "the last commit")


def _prose(chance: random.Random, length: int) -> str:
    parts: list[str] = []
    size = 0
    while size < length:
        sentence = f"{chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} {chance.choice(_OBJECTS)}."
        parts.append(sentence.capitalize() + ("\n- " if chance.random() < 0.2 else " "))
        size += len(parts[-1])
    return "".join(parts)[:length]


def _tool(chance: random.Random, nth: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: {"type": kind, "description": _prose(chance, 120)}
        for name, kind in (("path", "string"), ("pattern", "string"), ("limit", "integer"), ("recursive", "boolean"))
    }
    properties["edits"] = {"type": "array", "items": {"type": "object", "properties": {"old": {"type": "string"}}}}
    parameters = {"type": "object", "properties": properties, "required": ["path"], "additionalProperties": False}
    function = {"name": f"tool_{nth}", "description": _prose(chance, 1200), "parameters": parameters}
    return {"type": "function", "function": function}


def small_body(stream: bool = False) -> dict[str, Any]:
    """One short turn; 1 kB encoded."""
    ask = _prose(random.Random(1), 760)
    messages = [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": ask}]
    body: dict[str, Any] = {"model": MODEL, "messages": messages, "temperature": 0.2, "max_tokens": 256}
    return body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})


PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}


def stream_body(wire: str) -> dict[str, Any]:
    """The same short turn as a stream in the dialect of a wire."""
    body = small_body(True)
    if wire == "chat":
        return body
    told = {"model": MODEL, "stream": True}
    if wire == "responses":
        return told | {"input": body["messages"], "max_output_tokens": 256, "store": False}
    return told | {"system": "You are a helpful assistant.", "messages": body["messages"][1:], "max_tokens": 256}


def agent_body(stream: bool = False) -> dict[str, Any]:
    """System prompt of 30 kB, 12 tools of 2 kB, and a history of tool calls and results that fills 88 kB."""
    chance = random.Random(2)
    messages: list[dict[str, Any]] = [{"role": "system", "content": _prose(chance, 30_000)}]
    messages.append({"role": "user", "content": "Find why the tests fail and mend it."})
    body: dict[str, Any] = {"model": MODEL, "messages": messages, "tools": [_tool(chance, n) for n in range(12)]}
    body |= {"tool_choice": "auto", "max_completion_tokens": 8192}
    body |= {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    nth = 0
    while (missing := AGENT_BYTES - len(encoded(body))) > 400:
        function = {"name": f"tool_{nth % 12}", "arguments": json.dumps({"path": f"src/module_{nth}.py", "limit": 200})}
        call = {"id": f"call_{nth}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        result = _prose(chance, min(2400, max(50, missing - 400)))
        messages.append({"role": "tool", "tool_call_id": f"call_{nth}", "content": result})
        nth += 1
    return body


def encoded(body: dict[str, Any]) -> bytes:
    """As the official clients encode it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
