"""What makes a field of a responses body invalid, in OpenAI's words."""

from __future__ import annotations

from typing import Any

from agent_router.errors import ApiError

_NAMES: dict[type, str] = {str: "string", list: "array", dict: "object", bool: "boolean"}


def invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    """The error for a field."""
    return ApiError(400, message, code=code, param=param)


def inexpressible(param: str, message: str) -> ApiError:
    """The error for one that is right, and that no other dialect can say."""
    return invalid(param, message, "unsupported_parameter")


def missing(param: str) -> ApiError:
    """The error for one that is not there."""
    return invalid(param, f"Missing required parameter: '{param}'.", "missing_required_parameter")


def check(holder: dict[str, Any], field: str, kind: type, at: str, *, required: bool = False) -> None:
    """ApiError if the field, of what is at `at`, holds anything else; null is nothing."""
    value = holder.get(field)
    if isinstance(value, kind):
        return
    param = f"{at}.{field}"
    if value is not None:
        raise _other(param, kind)
    if required:
        raise missing(param)


def check_objects(values: list[Any], at: str) -> None:
    """ApiError if one of them is anything else."""
    for i, value in enumerate(values):
        if not isinstance(value, dict):
            raise _other(f"{at}[{i}]", dict)


def _other(param: str, kind: type) -> ApiError:
    return invalid(param, f"Invalid value for '{param}': expected {_article(_NAMES[kind])}.", "invalid_type")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "ao" else f"a {noun}"
