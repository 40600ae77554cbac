"""Whether two JSON values say the same, by the schema that they were asked for in, where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from agent_router.outcomes.similarity import similarity
from agent_router.outcomes.words import UNSPACED

_DEPTH = 24
_FREE_WORDS = 4  # a string of this many words is prose, not a code word
_FLOOR = 0.4  # of the similarity of prose
_TITLE_FLOOR = 0.55
_ASIDE_FLOOR = 0.25  # of what only says why
_ASIDE = re.compile(
    r"(?:description|explanation|reason|reasoning|rationale|comment|note|thought|thoughts|purpose|justification|"
    r"detail|activeform)s?\Z"
)
_TITLE = re.compile(r"(?:title|topic|headline|subject)s?\Z")
_FREE = re.compile(r"(?:summary|message|prompt|query|question|instruction|objective|text)s?\Z")
_INDENTED = re.compile(r"(?:code|script|content|contents|oldstring|newstring|oldstr|newstr|patch|diff)\Z")
_EXACT = re.compile(r"(?:command|cmd|argv|args|path|file|filename|pattern|regex|glob|url|id)s?\Z")
_PATH = re.compile(r"(?:[A-Za-z]:)?[\w.~@%+-]*[/\\][^\n]{0,400}\Z")
_FENCE = re.compile(r"\A\s*```[^\n`]{0,20}\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?\Z")
Schema = Mapping[str, Any]
_NONE: Schema = {}


def read_json(text: str) -> Any:
    """The object or array that a text is, with or without a fence around it; None if it is none."""
    fenced = _FENCE.match(text) if "```" in text else None
    text = fenced.group(1) if fenced else text
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def same_value(one: Any, other: Any, schema: Any = None) -> bool:
    """Whether two values are the same, but for the order of keys, the forms of numbers and paths, null in place of what
    may be absent or is the default, case and blanks, and the wording of prose."""
    return _same(one, other, schema if isinstance(schema, Mapping) else _NONE, "", _DEPTH)


def _same(one: Any, other: Any, schema: Schema, name: str, depth: int) -> bool:
    if depth == 0:
        return bool(one == other)
    match one, other:
        case dict(), dict():
            return _same_object(one, other, schema, depth)
        case list(), list():
            return _same_array(one, other, schema, name, depth)
        case str(), str():
            return _same_text(one, other, schema, name)
        case bool(), bool():
            return one == other
        case (bool(), str() | int() | float()) | (str() | int() | float(), bool()):
            return isinstance(one, str) != isinstance(other, str) and str(one).lower() == str(other).lower()
        case ((int() | float()), (int() | float())):
            return one == other or abs(one - other) <= 1e-9 * max(abs(one), abs(other))
        case (str(), int() | float()) | (int() | float(), str()):
            text, number = (one, other) if isinstance(one, str) else (other, one)
            return bool(_NUMBER.match(text.strip())) and float(text) == number
    return bool(one == other)


def _same_object(one: dict[str, Any], other: dict[str, Any], schema: Schema, depth: int) -> bool:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else _NONE
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    for key in one.keys() | other.keys():
        about = properties.get(key)
        about = about if isinstance(about, Mapping) else _NONE
        if key in one and key in other:
            a, b = one[key], other[key]
            if a is not None and b is not None:
                if not _same(a, b, about, key, depth - 1):
                    return False
                continue
        else:
            a, b = one.get(key), other.get(key)
        there = a if b is None else b
        if not (there is None or _may_be_left_out(there, about, key, needed=key in required)):
            return False
    return True


def _may_be_left_out(value: Any, schema: Schema, key: str, *, needed: bool) -> bool:
    if "default" in schema and _same(value, schema["default"], schema, key, 2):
        return True
    return not needed and (value in ("", [], {}) or bool(_ASIDE.search(_plain(key)) and isinstance(value, str)))


def _same_array(one: list[Any], other: list[Any], schema: Schema, name: str, depth: int) -> bool:
    items = schema.get("items")
    items = items if isinstance(items, Mapping) else _NONE
    if len(one) != len(other):
        return False
    if all(_same(a, b, items, name, depth - 1) for a, b in zip(one, other, strict=True)):
        return True
    # Tags come in any order; steps and coordinates do not.
    loose = all(isinstance(v, str) and " " not in v for v in (*one, *other)) and not _EXACT.search(_plain(name))
    if schema.get("uniqueItems") is True or loose:
        key = [sorted(_plain(v) if isinstance(v, str) else repr(v) for v in side) for side in (one, other)]
        return key[0] == key[1]
    return False


def _same_text(one: str, other: str, schema: Schema, name: str) -> bool:
    a, b = _BLANKS.sub(" ", one).strip(), _BLANKS.sub(" ", other).strip()
    key = _plain(name)
    if _INDENTED.search(key):
        return [line.rstrip() for line in one.strip().splitlines()] == [
            line.rstrip() for line in other.strip().splitlines()
        ]
    if a == b:
        return True
    if "enum" in schema or "const" in schema:
        return _plain(a) == _plain(b)
    if _is_path(a) or _is_path(b):
        return _as_path(a) == _as_path(b)
    if _EXACT.search(key):
        return False
    if a.casefold() == b.casefold() or (_plain(a) == _plain(b) and _plain(a)):
        return True
    if _ASIDE.search(key):
        return similarity(a, b) >= _ASIDE_FLOOR
    if _TITLE.search(key):
        return similarity(a, b) >= _TITLE_FLOOR
    return (bool(_FREE.match(key)) or (_is_prose(a) and _is_prose(b))) and similarity(a, b) >= _FLOOR


def _is_prose(text: str) -> bool:
    return text.count(" ") >= _FREE_WORDS - 1 or (not text.isascii() and len(UNSPACED.findall(text)) >= 2 * _FREE_WORDS)


def _is_path(text: str) -> bool:
    return " " not in text and bool(_PATH.match(text)) and "://" not in text


def _as_path(text: str) -> str:
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    return ("/" if text.startswith("/") else "") + "/".join(parts)


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-.,:;!?'\"`*]+", "", text).casefold()
