"""A function's parameters as OpenAI's dialects demand them."""

from __future__ import annotations

from typing import Any


def object_schema(parameters: dict[str, Any] | None) -> dict[str, Any]:
    """The same schema, of an object that has properties: OpenAI refuses one that does not say so."""
    schema = {"type": "object", **(parameters or {})}
    return {**schema, "properties": schema.get("properties") or {}} if schema["type"] == "object" else schema
