"""Values of Google's JSON, which is that of protocol buffers: one value does for a list of one, and text for a number.

None, and what is missing, is the type's own nothing. ApiError 400 names the field of a value that is of no such type.
Source: protobuf.dev, "ProtoJSON Format"; one value for a list is what Google's servers take beyond it.
"""

from __future__ import annotations

import re
from typing import Any

from agent_router.errors import ApiError

Body = dict[str, Any]
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")


def invalid(at: str, what: str) -> ApiError:
    """The refusal of a field's value; `what` goes on from the field's name."""
    return ApiError(400, f"{at}: {what}", code="invalid_argument", param=at)


def message(value: Any, at: str) -> Body:
    """An object."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(at, "must be an object.")
    return value


def messages(value: Any, at: str) -> list[Body]:
    """A list of objects, or one object."""
    if value is None:
        return []
    given = value if isinstance(value, list) else [value]
    for i, each in enumerate(given):
        if not isinstance(each, dict):
            raise invalid(f"{at}[{i}]" if isinstance(value, list) else at, "must be an object.")
    return given


def strings(value: Any, at: str) -> list[str]:
    """A list of strings, or one string."""
    if value is None:
        return []
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in given):
        raise invalid(at, "must be an array of strings.")
    return given


def text(value: Any, at: str) -> str:
    """A string."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(at, "must be a string.")
    return value


def flag(value: Any, at: str) -> bool:
    """A boolean."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise invalid(at, "must be true or false.")
    return value


def number(value: Any, at: str) -> float | None:
    """A number, or one as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise invalid(at, "must be a number.")
    return value


def whole(value: Any, at: str) -> int | None:
    """A number of 32 bits without a fraction, however it is written."""
    given = number(value, at)
    if given is None:
        return None
    if given != given // 1 or abs(given) >= 2**31:
        raise invalid(at, "must be a whole number of 32 bits.")
    return int(given)
