"""Decoded JSON of any shape, read without raising: what is missing or of another type is empty."""

from __future__ import annotations

import re
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


def either(value: dict[str, Any], camel: str) -> Any:
    """The field of this name, in camel case or in snake case; None if there is none."""
    found = value.get(camel)
    if found is None:
        found = value.get("".join(f"_{c.lower()}" if c.isupper() else c for c in camel))
    return found


def only(names: tuple[str, ...]) -> str | None:
    """The single one; None if there are more or none."""
    return names[0] if len(names) == 1 else None


def session_in(*values: Any) -> str:
    """The first of the values that looks like the id of one session, not of a user or a program; empty if none does."""
    return next((found[0] for value in values if isinstance(value, str) and (found := _SESSION.search(value))), "")


_SESSION = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?:ses|sess|session|thread|conv|conversation)[_-][\w-]{6,80})"
)
