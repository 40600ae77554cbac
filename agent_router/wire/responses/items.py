"""Items of a conversation as they are kept and handed on: plain JSON objects."""

from __future__ import annotations

from collections import Counter
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


def is_ours(thought: Item) -> bool:
    """Whether the router told this reasoning item: a provider knows nothing of it, and refuses it."""
    sealed = thought.get("encrypted_content")
    if sealed is not None:
        return unseal(sealed) is not None
    # Some clients send thoughts back without their id.
    return string(thought.get("id")).startswith(OURS) or not thought.get("id")


def listed(items: Iterable[tuple[str, Item]]) -> list[Item]:
    """The items, each with its id, as `input_items` shows them: with a status, and messages in parts. One that is there
    twice has an id of its own the second time, without which no client could page past it."""
    seen: Counter[str] = Counter()
    shown = []
    for id, item in items:
        seen[id] += 1
        shown.append(_listed(item, id if seen[id] == 1 else f"{id}_{seen[id]}"))
    return shown


def _listed(item: Item, id: str) -> Item:
    kind = string(item.get("type")) or "message"
    told: Item = {"status": "completed", **item, "id": id, "type": kind}
    if kind == "message" and isinstance(item.get("content"), str):
        output = item.get("role") == "assistant"
        part: Item = {"type": "output_text" if output else "input_text", "text": item["content"]}
        told["content"] = [part | {"annotations": []} if output else part]
    if kind == "message":
        told["content"] = [_part(mapping(part)) for part in sequence(told.get("content"))]
    return told


def _part(part: Item) -> Item:
    return {"detail": "auto", **part} if part.get("type") == "input_image" else part
