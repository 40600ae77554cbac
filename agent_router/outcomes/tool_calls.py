"""Whether two answers call the same tools with the same arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agent_models.completion import Tool
from agent_router.outcomes.values import same_value

_MOST = 32  # calls that are compared
Calls = Sequence[tuple[str, str]]


def same_calls(one: Calls, other: Calls, tools: Sequence[Tool]) -> float:
    """The share of calls, each a name and arguments as JSON text, that both sides make; in any order, because a
    turn's calls run side by side. 1 only if they are the same."""
    if len(one) != len(other) or len(one) > _MOST:
        return 0.0
    schemas = {tool.name: tool.parameters for tool in tools}
    left = [(name.strip(), _arguments(text)) for name, text in other]
    found = 0
    for name, text in one:
        arguments = _arguments(text)
        for i, (its, theirs) in enumerate(left):
            if its == name.strip() and _same(arguments, theirs, schemas.get(its)):
                del left[i]
                found += 1
                break
    return found / max(len(one), 1)


def _same(one: Any, other: Any, schema: Mapping[str, Any] | None) -> bool:
    return bool(one == other) or same_value(one, other, schema)


def _arguments(text: str) -> Any:
    """Arguments as a value; none at all is an empty object, what is no JSON stays text."""
    if not text.strip():
        return {}
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
