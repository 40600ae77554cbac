"""Decoded JSON of any shape, read without raising: what is missing or of another type is empty."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """An object; empty if it is none."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """An array; empty if it is none."""
    return value if isinstance(value, list) else []


def string(value: Any) -> str:
    """A string; empty if it is none."""
    return value if isinstance(value, str) else ""


def integer(value: Any) -> int | None:
    """A number without a fraction; None if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def names(values: Any) -> tuple[str, ...]:
    """The `name` of each object in an array; its `type` where it has none, as of a built-in tool."""
    named = (mapping(value) for value in sequence(values))
    return tuple(found for each in named if (found := string(each.get("name")) or string(each.get("type"))))


def fields(schema: Any) -> tuple[str, ...]:
    """The top-level field names of a JSON Schema."""
    return tuple(mapping(mapping(schema).get("properties")))
