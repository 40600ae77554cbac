"""Whether an answer is the JSON that was demanded."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
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
    """Whether a value is as a JSON Schema says. A schema that cannot be used says nothing, and neither does one behind
    the first thousand of its checks: everybody else waits meanwhile."""
    if isinstance(schema, bool):
        return schema
    _steps.left = _MOST_STEPS
    try:
        return bool(_validator(msgspec.json.encode(schema)).is_valid(value))
    except Exception:  # of what can be wrong with a schema: unknown references, odd patterns, endless recursion
        return True


_MOST_STEPS = 1000  # a millisecond or two
_MOST_WAYS = 50_000  # in which a pattern may be tried: a millisecond
_LONGEST_NAME = 10_000  # characters
_CLASS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]")
_GROUP = re.compile(r"\(\?(?:[:=!]|<[=!]|P?<\w+>)")
_REPEATED = re.compile(r"\)\s*[*+{]|\\[1-9]")  # a group that is repeated, or referred to
_TIMES = re.compile(r"[*+]|\{(\d*),(\d*)\}")


class _Steps(threading.local):
    """How many checks are left."""

    left = 0


_steps = _Steps()


class _TooMuchError(Exception):
    """A schema costs more than the answer is worth."""


@lru_cache(maxsize=256)  # agents repeat their schemas
def _validator(schema: bytes) -> Validator:
    known = msgspec.json.decode(schema)
    for part in _objects(known):
        if isinstance(part.get("$schema"), str):
            del part["$schema"]  # jsonschema would go on with another validator, which has no bounds
        patterns = part.get("patternProperties")
        if isinstance(patterns, dict) and not all(is_quick(pattern, _LONGEST_NAME) for pattern in patterns):
            raise _TooMuchError
    # A registry of nothing: what a `$ref` names elsewhere is never fetched.
    made: Validator = _Bounded(known, registry=Registry())
    return made


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """All objects in a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)


def is_quick(pattern: str, length: int) -> bool:
    """Whether a regular expression surely ends soon on so many characters: the ways to try it are counted, at the very
    most."""
    if _REPEATED.search(pattern):
        return False
    bare = _GROUP.sub("(", _CLASS.sub("x", pattern))
    if "(?" in bare:  # flags, which change what is read here
        return False
    ways = 1 if bare.startswith("^") and "|" not in bare else max(length, 1)
    for least, most in _TIMES.findall(bare):
        ways *= min(length, int(most) - int(least or 0)) + 1 if most else length + 1
    groups = bare.count("(") + 1
    ways *= (-(-bare.count("|") // groups) + 1) ** groups << bare.count("?")
    return int(ways) <= _MOST_WAYS


def _unique(validator: Validator, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """jsonschema compares each item with every other."""
    if wanted and isinstance(instance, list):
        seen = {msgspec.json.encode(item, order="sorted") for item in instance}
        if len(seen) < len(instance):
            yield ValidationError("the items are not unique")


def _pattern(validator: Validator, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Only a pattern that surely ends soon is tried: a regular expression may take for ever."""
    if isinstance(instance, str) and is_quick(pattern, len(instance)) and re.search(pattern, instance) is None:
        yield ValidationError("the text does not match")


def _counted(check: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*parts: Any) -> Any:
        _steps.left -= 1
        if _steps.left < 0:
            raise _TooMuchError
        return check(*parts)

    return counted


_CHECKS = {**Draft202012Validator.VALIDATORS, "uniqueItems": _unique, "pattern": _pattern}
_Bounded = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {name: _counted(check) for name, check in _CHECKS.items()}
)
