"""A conversation as any of the dialects carries it, brought to one form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

_RESULTS = ("Observation:\n", "Output from ")
"""How turns of the user begin that are a tool's result: smolagents, and aider's commands."""
_RULES = "\n\n# *SEARCH/REPLACE block* Rules:"
"""What aider repeats behind each ask."""


class Turn(NamedTuple):
    """One message, or one tool's result."""

    who: Literal["system", "user", "assistant", "tool"]
    text: str


def turns(body: Mapping[str, Any]) -> list[Turn]:
    """The turns of a request in chat completions', responses' or messages' form, in their order."""
    return list(_turns(body))


def _turns(body: Mapping[str, Any]) -> Iterator[Turn]:
    yield Turn("system", _text(body.get("system") or body.get("instructions")))
    given = body.get("messages") or body.get("input") or []
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        content = item.get("content")
        blocks = content if isinstance(content, list) else []
        results = [block for block in blocks if block.get("type") == "tool_result"]
        yield from (Turn("tool", _text(block.get("content"))) for block in results)
        if str(item.get("type")).endswith("_output"):
            yield Turn("tool", _text(item.get("output")))
        elif item.get("role") == "tool":
            yield Turn("tool", _text(content))
        elif item.get("role") in ("system", "developer"):
            yield Turn("system", _text(content))
        elif text := _text(content):
            yield from [Turn("assistant", text)] if item.get("role") == "assistant" else _user(text)


def _user(text: str) -> Iterator[Turn]:
    if text.startswith(_RESULTS):
        result, _, text = text.partition("\nNew task:\n")
        yield Turn("tool", result.removeprefix(_RESULTS[0]))
    if text:
        yield Turn("user", text.partition(_RULES)[0])


def _text(content: Any) -> str:
    """Text, a list of parts with text, or JSON as it is."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return json.dumps(content) if content else ""
