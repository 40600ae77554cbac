"""What a stream in the responses dialect had told when it broke, as the items of a response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from agent_router.upstreams import sloppy_json
from agent_router.upstreams.event_boundary import data_of
from agent_router.wire.loose import mapping, string

_object = msgspec.json.Decoder(dict[str, Any])
# Where a delta's text goes: the list and the field of its part, or the field of the item itself.
_TEXTS = {
    "response.output_text.delta": ("content", "text"),
    "response.refusal.delta": ("content", "refusal"),
    "response.reasoning_text.delta": ("content", "text"),
    "response.reasoning_summary_text.delta": ("summary", "text"),
    "response.function_call_arguments.delta": ("", "arguments"),
    "response.custom_tool_call_input.delta": ("", "input"),
}
_PARTS = {"response.content_part.added": "content", "response.reasoning_summary_part.added": "summary"}
_MOST_PARTS = 1000


def output_so_far(blocks: Iterable[bytes]) -> list[dict[str, Any]]:
    """The items that were begun, with what was told of each; those that had not ended are `incomplete`."""
    items: dict[int, dict[str, Any]] = {}
    open_: dict[int, dict[tuple[str, int, str], list[str]]] = {}  # the pieces of their texts
    for event in _events(blocks):
        kind, index = string(event.get("type")), event.get("output_index")
        if not isinstance(index, int):
            continue
        if kind in ("response.output_item.added", "response.output_item.done"):
            items[index] = mapping(event.get("item"))
            open_.pop(index, None)
            if kind.endswith("added"):
                open_[index] = {}
        elif index in open_ and kind in _PARTS:
            at = _number(event)
            _part(items[index], _PARTS[kind], at).update(mapping(event.get("part")))
        elif index in open_ and kind in _TEXTS:
            place, field = _TEXTS[kind]
            open_[index].setdefault((place, _number(event), field), []).append(string(event.get("delta")))
    for index, texts in open_.items():
        for (place, number, field), pieces in texts.items():
            within = _part(items[index], place, number) if place else items[index]
            within[field] = "".join(pieces)
        if "status" in items[index]:
            items[index]["status"] = "incomplete"
    return [items[index] for index in sorted(items)]


def _events(blocks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        for data in data_of(block):
            try:
                yield sloppy_json.decode(_object, data)
            except msgspec.DecodeError:
                continue


def _number(event: dict[str, Any]) -> int:
    number = event.get("content_index", event.get("summary_index"))
    return min(number, _MOST_PARTS) if isinstance(number, int) and number >= 0 else 0


def _part(item: dict[str, Any], place: str, number: int) -> dict[str, Any]:
    """A part of an item, which is made if it was never announced."""
    if not isinstance(item.get(place), list):
        item[place] = []
    parts: list[Any] = item[place]
    while len(parts) <= number:
        kind = "summary_text" if place == "summary" else "output_text"
        parts.append({"type": kind, "text": ""} | ({} if place == "summary" else {"annotations": []}))
    parts[number] = mapping(parts[number])
    part: dict[str, Any] = parts[number]
    return part
