"""JSON Schemas in the subset that Anthropic's structured outputs take. Source: its guide, "Structured outputs".

Objects must be closed, schemas must not recurse, and bounds are not enforced: like Anthropic's own SDK, this puts
them into the description, where the model may heed them.
"""

from __future__ import annotations

from typing import Any

import msgspec

_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
_KEPT = {"title", "enum", "const", "$ref", "default"}
_DROPPED = {"$schema", "$id", "$comment", "$anchor", "description", "required", "oneOf"}


class _InexpressibleError(Exception):
    """The schema says something that the subset cannot, and that must not be lost."""


def closed(schema: Any) -> dict[str, Any] | None:
    """The schema within the subset; None where it would come to mean something else: an open or free-form object,
    a recursion, a reference to elsewhere, a schema that allows anything."""
    try:
        if not isinstance(schema, dict):
            return None
        _check_references(schema)
        return _closed(schema)
    except (_InexpressibleError, RecursionError):
        return None


def _closed(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict):
        raise _InexpressibleError  # true or false
    kind = _kind(schema)
    result: dict[str, Any] = {} if kind is None else {"type": kind}
    left: dict[str, Any] = {}
    for key, value in schema.items():
        match key:
            case "type":
                pass
            case "$defs" | "definitions" | "properties" if isinstance(value, dict):
                result[key] = {name: _closed(one) for name, one in value.items()}
            case "anyOf" | "oneOf" | "allOf" if isinstance(value, list):
                result["allOf" if key == "allOf" else "anyOf"] = [_closed(one) for one in value]
            case "items":
                result["items"] = _closed(value)
            case "additionalProperties" | "patternProperties":
                if value is not False:
                    raise _InexpressibleError
            case "format" if value in _FORMATS:
                result["format"] = value
            case "minItems" if value in (0, 1):
                result["minItems"] = value
            case _ if key in _KEPT:
                result[key] = value
            case _ if key not in _DROPPED:
                left[key] = value
    if kind == "object" or (isinstance(kind, list) and "object" in kind):
        if not schema.get("properties"):
            raise _InexpressibleError  # free-form: closed, it could only be {}
        result["additionalProperties"] = False
        required = schema.get("required")
        result["required"] = required if isinstance(required, list) else []
    description = schema.get("description")
    said = [str(description)] if description else []
    if left:
        said.append(msgspec.json.encode(left).decode())
    if said:
        result["description"] = "\n\n".join(said)
    return result


def _kind(schema: dict[str, Any]) -> Any:
    """The schema's type, also where it only follows from its other words."""
    if "type" in schema:
        return schema["type"]
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    if not schema.keys() & {"enum", "const", "$ref", "anyOf", "oneOf", "allOf"}:
        raise _InexpressibleError
    return None


def _check_references(root: dict[str, Any]) -> None:
    """Every `$ref` must lead to a definition of the schema's own, and none back to where it came from."""
    definitions = {
        f"#/{place}/{name}": one
        for place in ("$defs", "definitions")
        if isinstance(root.get(place), dict)
        for name, one in root[place].items()
    }
    for name in definitions:
        seen: set[str] = set()
        waiting = _references(definitions[name])
        while waiting:
            reference = waiting.pop()
            if reference == name or reference not in definitions:
                raise _InexpressibleError
            if reference not in seen:
                seen.add(reference)
                waiting |= _references(definitions[reference])
    if not _references(root) <= definitions.keys():
        raise _InexpressibleError


def _references(schema: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            found.add(schema["$ref"])
        for value in schema.values():
            found |= _references(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= _references(value)
    return found
