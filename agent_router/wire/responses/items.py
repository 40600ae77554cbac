"""Items of a conversation as they are kept and handed on: plain JSON objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses.sealed import OURS, unseal

Item = dict[str, Any]


def given(value: Any) -> list[Item]:
    """The items of an `input`, of which a bare text is one."""
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": value}]}]
    return [mapping(item) for item in sequence(value)]


def without_ours(items: Iterable[Item]) -> list[Item]:
    """The items without thoughts that the router told: a provider knows nothing of them, and refuses them."""
    return [item for item in items if not (item.get("type") == "reasoning" and _is_ours(item))]


def _is_ours(item: Item) -> bool:
    sealed = item.get("encrypted_content")
    if sealed is not None:
        return unseal(sealed) is not None
    # Some clients send thoughts back without their id.
    return string(item.get("id")).startswith(OURS) or not item.get("id")


def listed(items: Iterable[Item], response: str) -> list[Item]:
    """The items as `input_items` shows them: each with an id and a status, messages in parts. `response` is the id of
    the response that they belong to."""
    return [_listed(item, f"{response.removeprefix('resp_')}{i:02x}") for i, item in enumerate(items)]


_PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}


def _listed(item: Item, unique: str) -> Item:
    kind = string(item.get("type")) or "message"
    told: Item = {"id": f"{_PREFIXES.get(kind, 'item')}_{unique}", "status": "completed", **item, "type": kind}
    if told["id"] is None:
        told["id"] = f"{_PREFIXES.get(kind, 'item')}_{unique}"
    if kind == "message" and isinstance(item.get("content"), str):
        output = item.get("role") == "assistant"
        part: Item = {"type": "output_text" if output else "input_text", "text": item["content"]}
        told["content"] = [part | {"annotations": []} if output else part]
    if kind == "message":
        told["content"] = [_part(mapping(part)) for part in sequence(told.get("content"))]
    return told


def _part(part: Item) -> Item:
    return {"detail": "auto", **part} if part.get("type") == "input_image" else part
