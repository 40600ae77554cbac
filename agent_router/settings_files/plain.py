"""A settings file's content as plain data: what it must be after an edit, to hold what it is against."""

from __future__ import annotations

import copy
from typing import Any

from agent_router.settings_files.place import MISSING, Item, Place, nested


def with_value(document: Any, place: Place, value: Any) -> Any:
    """The document with a value in it. One without tables (lines, a shell's file) has nothing to be held against."""
    if document is MISSING or not place:
        return document if place else value
    if document is None:  # an empty file becomes what is put in
        document = [] if isinstance(place[0], Item) else {}
    if not isinstance(document, (dict, list)):
        return document
    changed = copy.copy(document)
    step, rest = place[0], place[1:]
    if isinstance(changed, dict):
        changed[step] = with_value(changed[step], rest, value) if step in changed else nested(rest, value)
        return changed
    found = next((index for index, each in enumerate(changed) if isinstance(step, Item) and step.names(each)), None)
    if found is not None:
        changed[found] = with_value(changed[found], rest, value)
    else:
        first = isinstance(step, Item) and step.first
        changed.insert(0 if first else len(changed), nested(rest, value))
    return changed


def same(one: Any, other: Any) -> bool:
    """Whether two documents say the same; that which is no number is the same as itself here."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)


def others(document: Any, place: Place) -> Any:
    """What a document says beside a place; tables and lists with nothing in them say nothing."""
    if not place or document is MISSING:
        return None
    step, rest = place[0], place[1:]
    kept: Any = None
    if isinstance(document, dict):
        pairs = ((key, others(value, rest) if key == step else _said(value)) for key, value in document.items())
        kept = {key: value for key, value in pairs if value is not None}
    elif isinstance(document, list):
        ours = next((each for each in document if isinstance(step, Item) and step.names(each)), MISSING)
        kept = [others(each, rest) if each is ours else _said(each) for each in document]
        kept = [each for each in kept if each is not None]
    return kept or None


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _said(each) for key, each in value.items()} or None
    return value if value != [] else None
