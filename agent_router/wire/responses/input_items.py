"""What kinds of items and content parts a body may hold, and what makes one of them invalid.

Only those are checked that are known here. Any other passes, whatever its fields are: an upstream of the same dialect
gets it as it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_router.wire.loose import sequence, string
from agent_router.wire.responses.checks import check, check_objects, invalid, missing
from agent_router.wire.responses.tools import check_tools

Item = dict[str, Any]
_ROLES = frozenset({"user", "assistant", "system", "developer"})
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})
TEXTS = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
_FIELDS = {
    "refusal": ("refusal",),
    "input_image": ("image_url", "detail", "file_id"),
    "input_file": ("file_data", "file_url", "file_id", "filename"),
    "computer_screenshot": ("image_url", "file_id"),
}


def kind_of(item: Item) -> Any:
    """The item's type. One without is a message, or names another by its id; None if it is neither."""
    kind = item.get("type")
    if kind is None:
        kind = "message" if item.get("role") is not None else "item_reference" if item.get("id") is not None else None
    return kind


def check_item(item: Item, at: str) -> None:
    """ApiError 400 names the field and what is wrong with it."""
    kind = kind_of(item)
    if kind is None:
        raise invalid(f"{at}.type", f"'{at}' has neither a 'type' nor a 'role'.", "missing_required_parameter")
    check(item, "type", str, at)
    if kind == "message":
        if string(item.get("role")) not in _ROLES:
            said = f"'{at}.role' must be user, assistant, system or developer, not {str(item.get('role'))[:40]!r}."
            raise invalid(f"{at}.role", said)
        _check_content(item, "content", at)
    elif kind in CALLS:
        for field in ("call_id", "name", CALLS[kind]):
            check(item, field, str, at, required=True)
        check(item, "namespace", str, at)
    elif kind in OUTPUTS:
        check(item, "call_id", str, at, required=True)
        _check_content(item, "output", at)
    elif kind == "reasoning":
        for field in ("summary", "content"):
            check(item, field, list, at)
            check_parts(sequence(item.get(field)), f"{at}.{field}")
    elif kind == "item_reference":
        check(item, "id", str, at, required=True)
        if not item["id"]:
            raise missing(f"{at}.id")
    elif kind == "additional_tools":
        check(item, "tools", list, at, required=True)
        check_tools(item["tools"], f"{at}.tools")


def _check_content(item: Item, field: str, at: str) -> None:
    content = item.get(field)
    if isinstance(content, str):
        return
    if content is not None and not isinstance(content, list):
        said = f"Invalid value for '{at}.{field}': expected a string or an array of content parts."
        raise invalid(f"{at}.{field}", said, "invalid_type")
    check(item, field, list, at, required=True)
    check_parts(content or [], f"{at}.{field}")


def check_parts(parts: list[Any], at: str) -> None:
    """ApiError 400 for what is no list of content parts."""
    check_objects(parts, at)
    for j, part in enumerate(parts):
        here = f"{at}[{j}]"
        check(part, "type", str, here, required=True)
        if part["type"] in TEXTS:
            check(part, "text", str, here, required=True)
        for field in _FIELDS.get(part["type"], ()):
            check(part, field, str, here)


def additional_tools(items: Iterable[Item]) -> list[Any]:
    """The tools that items among the others offer."""
    return [tool for item in items if item.get("type") == "additional_tools" for tool in sequence(item.get("tools"))]
