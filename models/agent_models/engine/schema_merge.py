"""Putting schemas together (`allOf`, keywords beside `anyOf`), and telling them apart (`oneOf`)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

_NOTES = ("title", "description", "default", "examples", "$comment", "$schema", "$id", "$defs", "definitions")
_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


class MergeError(ValueError):
    """The schemas cannot be put together; the text says why."""


def merge(schemas: Sequence[Any]) -> Any:
    """One schema whose values fit all of these. Raises MergeError."""
    result: dict[str, Any] = {}
    for schema in schemas:
        if schema is False:
            return False
        if schema is True:
            continue
        _close_over(result, schema)
        for key, value in schema.items():
            result[key] = _both(key, result[key], value) if key in result else value
    return result


def _close_over(left: dict[str, Any], right: dict[str, Any]) -> None:
    # additionalProperties looks only at the properties beside it, so merging would change what it means.
    for one, other in ((left, right), (right, left)):
        extra = one.get("additionalProperties", True)
        if extra is not True and set(other.get("properties", {})) - set(one.get("properties", {})):
            raise MergeError("'allOf' with 'additionalProperties' in one part is not supported")


def _both(key: str, left: Any, right: Any) -> Any:
    if left == right or key in _NOTES:
        return left
    if key == "properties":
        shared = {name: merge([left[name], right[name]]) for name in left.keys() & right.keys()}
        return {**left, **right, **shared}
    if key == "required":
        return list(dict.fromkeys([*left, *right]))
    if key == "type":
        return _types(left, right)
    if key == "enum":
        return [value for value in left if value in right]
    if key in _LARGER:
        return max(left, right)
    if key in _SMALLER:
        return min(left, right)
    if key in ("items", "additionalProperties"):
        return merge([left, right])
    raise MergeError(f"two different '{key}' cannot be put together")


def _types(left: Any, right: Any) -> Any:
    first, second = _listed(left), _listed(right)
    both = [kind for kind in first if kind in second]
    if "integer" not in both and (
        ("integer" in first and "number" in second) or ("number" in first and "integer" in second)
    ):
        both.append("integer")
    if not both:
        raise MergeError("two parts demand different types")
    return both


def _listed(kinds: Any) -> list[str]:
    return kinds if isinstance(kinds, list) else [kinds]


def disjoint(schemas: Sequence[Any]) -> bool:
    """Whether surely no value fits two of these."""
    return all(_apart(left, right) for left, right in itertools.combinations(schemas, 2))


def _apart(left: Any, right: Any) -> bool:
    if left is False or right is False:
        return True
    if left is True or right is True:
        return False
    if (first := _constants(left)) is not None and (second := _constants(right)) is not None:
        return not any(value in second for value in first)
    if (kinds := _kinds(left)) and (others := _kinds(right)) and not kinds & others:
        return True
    shared = set(left.get("required", [])) & set(right.get("required", []))
    parts, others_parts = left.get("properties", {}), right.get("properties", {})
    objects = _kinds(left) == _kinds(right) == {"object"}
    return objects and any(
        _apart(parts[name], others_parts[name]) for name in shared if name in parts and name in others_parts
    )


def _constants(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _kinds(schema: dict[str, Any]) -> set[str]:
    if (values := _constants(schema)) is not None:
        names = {str: "string", bool: "boolean", type(None): "null", dict: "object", list: "array"}
        return {names.get(type(value), "number") for value in values}
    kinds = schema.get("type")
    if kinds is None:
        return set()
    return {"number" if kind == "integer" else kind for kind in _listed(kinds)}
