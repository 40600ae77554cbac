"""What kinds of items and content parts a body may hold, and what makes one of them invalid.

Only those are checked that are known here. Any other passes, whatever its fields are: an upstream of the same dialect
gets it as it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_router.wire.loose import sequence, string
from agent_router.wire.responses.checks import check, invalid, missing
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
    check(kind, str, f"{at}.type")
    if kind == "message":
        if string(item.get("role")) not in _ROLES:
            said = f"'{at}.role' must be user, assistant, system or developer, not {str(item.get('role'))[:40]!r}."
            raise invalid(f"{at}.role", said)
        _check_content(item.get("content"), f"{at}.content")
    elif kind in CALLS:
        for field in ("call_id", "name", CALLS[kind]):
            check(item.get(field), str, f"{at}.{field}", required=True)
        check(item.get("namespace"), str, f"{at}.namespace")
    elif kind in OUTPUTS:
        check(item.get("call_id"), str, f"{at}.call_id", required=True)
        _check_content(item.get("output"), f"{at}.output")
    elif kind == "reasoning":
        for field in ("summary", "content"):
            check(item.get(field), list, f"{at}.{field}")
            check_parts(sequence(item.get(field)), f"{at}.{field}")
    elif kind == "item_reference":
        check(item.get("id"), str, f"{at}.id", required=True)
        if not item["id"]:
            raise missing(f"{at}.id")
    elif kind == "additional_tools":
        check(item.get("tools"), list, f"{at}.tools", required=True)
        check_tools(item["tools"], f"{at}.tools")


def _check_content(content: Any, at: str) -> None:
    if isinstance(content, str):
        return
    if content is not None and not isinstance(content, list):
        raise invalid(at, f"Invalid value for '{at}': expected a string or an array of content parts.", "invalid_type")
    check(content, list, at, required=True)
    check_parts(content or [], at)


def check_parts(parts: list[Any], at: str) -> None:
    """ApiError 400 for what is no list of content parts."""
    for j, part in enumerate(parts):
        check(part, dict, f"{at}[{j}]", required=True)
        kind = part.get("type")
        check(kind, str, f"{at}[{j}].type", required=True)
        if kind in TEXTS:
            check(part.get("text"), str, f"{at}[{j}].text", required=True)
        for field in _FIELDS.get(kind, ()):
            check(part.get(field), str, f"{at}[{j}].{field}")


def additional_tools(items: Iterable[Item]) -> list[Any]:
    """The tools that items among the others offer."""
    return [tool for item in items if item.get("type") == "additional_tools" for tool in sequence(item.get("tools"))]
