"""Whether an answer is the JSON that was demanded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.protocols import Validator
from referencing import Registry

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
    # A registry of nothing: what a `$ref` names elsewhere is never fetched.
    made: Validator = _Bounded(msgspec.json.decode(schema), registry=Registry())
    return made


def _unique(validator: Validator, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """jsonschema compares each item with every other."""
    if wanted and isinstance(instance, list):
        seen = {msgspec.json.encode(item, order="sorted") for item in instance}
        if len(seen) < len(instance):
            yield ValidationError("the items are not unique")


def _pattern(validator: Validator, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Only a pattern that surely ends soon is tried: a regular expression may take for ever."""
    if isinstance(instance, str) and _is_quick(pattern, instance) and re.search(pattern, instance) is None:
        yield ValidationError("the text does not match")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, inner in patterns.items():
        for name, value in instance.items():
            if _is_quick(pattern, name) and re.search(pattern, name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _is_quick(pattern: Any, text: str) -> bool:
    endless = len(_ENDLESS.findall(_CLASS.sub("x", pattern))) if isinstance(pattern, str) else _MOST_ENDLESS + 1
    return endless <= _MOST_ENDLESS and len(text) <= _LONGEST and _REPEATED.search(pattern) is None


_CLASS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]")
_ENDLESS = re.compile(r"[*+]|\{\d*,\d*\}")
_REPEATED = re.compile(r"\)\s*[*+{]|\\[1-9]")  # a group that is repeated, or referred to
_MOST_ENDLESS = 2
_LONGEST = 500  # characters
_Bounded = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"uniqueItems": _unique, "pattern": _pattern, "patternProperties": _pattern_properties},
)
