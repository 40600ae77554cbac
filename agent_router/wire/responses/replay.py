"""A whole response, told as the stream that it would have been: for who asks for one that is over, and where an
upstream answers with the whole though a stream was asked for.

Items stay as they are, those of tools that a provider runs itself too; each text comes in one piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent_router.wire.chat.stream import DONE
from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses.errors import sse
from agent_router.wire.responses.items import Item

_ENDS = frozenset({"completed", "incomplete", "failed"})
_CALLS = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
}
_NOT_YET: dict[str, Any] = {
    "status": "in_progress",
    "output": [],
    "usage": None,
    "error": None,
    "incomplete_details": None,
    "completed_at": None,
}


def replay(response: dict[str, Any], after: int = -1) -> bytes:
    """The events of which the number is greater than `after`, and `[DONE]`. The numbers are the same each time."""
    events = (
        sse({"type": kind, "sequence_number": number, **fields})
        for number, (kind, fields) in enumerate(_events(response))
        if number > after
    )
    return b"".join(events) + DONE


def _events(response: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = response | {name: value for name, value in _NOT_YET.items() if name in response or name == "output"}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(map(mapping, sequence(response.get("output")))):
        yield "response.output_item.added", {"output_index": index, "item": _empty(item)}
        yield from _inside(item, {"item_id": string(item.get("id")), "output_index": index})
        yield "response.output_item.done", {"output_index": index, "item": item}
    if response.get("status") in _ENDS:
        yield f"response.{response['status']}", {"response": response}


def _empty(item: Item) -> Item:
    """The item as it began."""
    begun = {**item, "status": "in_progress"} if "status" in item else {**item}
    if item.get("type") in ("message", "reasoning"):
        begun |= {name: [] for name in ("content", "summary") if isinstance(item.get(name), list)}
    elif item.get("type") in _CALLS:
        begun[_CALLS[item["type"]][0]] = ""
    return begun


def _inside(item: Item, at: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = string(item.get("type"))
    if kind in _CALLS:
        field, event = _CALLS[kind]
        text = string(item.get(field))
        if text:
            yield f"{event}.delta", {**at, "delta": text}
        named = {"name": string(item.get("name"))} if kind == "function_call" else {}
        yield f"{event}.done", {**at, field: text, **named}
    elif kind in ("message", "reasoning"):
        for number, part in enumerate(map(mapping, sequence(item.get("summary")))):
            yield from _summary(part, {**at, "summary_index": number})
        for number, part in enumerate(map(mapping, sequence(item.get("content")))):
            yield from _part(part, {**at, "content_index": number})


def _summary(part: Item, at: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    text = string(part.get("text"))
    yield "response.reasoning_summary_part.added", {**at, "part": {**part, "text": ""}}
    yield "response.reasoning_summary_text.delta", {**at, "delta": text}
    yield "response.reasoning_summary_text.done", {**at, "text": text}
    yield "response.reasoning_summary_part.done", {**at, "part": part}


def _part(part: Item, at: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = string(part.get("type"))
    field = "refusal" if kind == "refusal" else "text"
    text = string(part.get(field))
    if kind == "reasoning_text":
        yield "response.reasoning_text.delta", {**at, "delta": text}
        yield "response.reasoning_text.done", {**at, "text": text}
        return
    notes = sequence(part.get("annotations"))
    begun = {**part, field: ""} | {name: [] for name in ("annotations", "logprobs") if name in part}
    yield "response.content_part.added", {**at, "part": begun}
    logprobs = {"logprobs": sequence(part.get("logprobs"))} if kind == "output_text" else {}
    if text:
        yield f"response.{kind}.delta", {**at, "delta": text, **logprobs}
    for number, note in enumerate(notes):
        yield "response.output_text.annotation.added", {**at, "annotation_index": number, "annotation": note}
    yield f"response.{kind}.done", {**at, field: text, **logprobs}
    yield "response.content_part.done", {**at, "part": part}
