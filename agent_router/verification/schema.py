"""Whether an answer is the JSON that was demanded."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer


def breaks_schema(answer: Answer, request: CompletionRequest) -> bool:
    """Whether JSON was demanded, and this is none, or not as its schema says. A call instead of it is fine."""
    wanted = request.output_format
    if wanted.kind == "text" or answer.calls:
        return False
    value = decoded(answer.text)
    if value is INVALID:
        return True
    if wanted.kind == "json_object":
        return not isinstance(value, dict)
    return wanted.schema is not None and not valid(value, wanted.schema)


INVALID: Any = object()
"""Stands for text that is no JSON, where null is a value."""


def decoded(text: str) -> Any:
    """The value of a JSON text; `INVALID` if it is none."""
    try:
        return msgspec.json.decode(text.strip().encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return INVALID


def valid(value: Any, schema: dict[str, Any] | bool) -> bool:
    """Whether a value is as a JSON Schema says. A schema that cannot be used says nothing."""
    if isinstance(schema, bool):
        return schema
    try:
        return bool(_validator(msgspec.json.encode(schema)).is_valid(value))
    except Exception:  # of what can be wrong with a schema: unknown references, odd patterns, endless recursion
        return True


@lru_cache(maxsize=256)  # agents repeat their schemas
def _validator(schema: bytes) -> Validator:
    return Draft202012Validator(msgspec.json.decode(schema))
