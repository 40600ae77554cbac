"""GBNF for the JSON strings that match a regular expression."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from agent_models.engine.gbnf import TOP, character_class, complement, either, literal, repeat

Ranges = list[tuple[int, int]]
_SPACES: Ranges = [(9, 13), (32, 32)]
_DIGITS: Ranges = [(48, 57)]
_WORD: Ranges = [(48, 57), (65, 90), (95, 95), (97, 122)]
_LETTERS: Ranges = [(0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F)]
_CATEGORIES = {"DIGIT": _DIGITS, "SPACE": _SPACES, "WORD": _WORD}
_ESCAPED = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}
_NOT_PLAIN: Ranges = [(0, 31), (34, 34), (92, 92), (127, 127), (0xD800, 0xDFFF)]


class PatternError(ValueError):
    """The expression has a part that no grammar expresses; the text names it."""


def pattern(expression: str) -> tuple[str, int, int]:
    """A rule for a JSON string (quotes included) in which the expression is found, and its length's bounds.

    Raises PatternError. Character classes may be narrower than the expression's, never wider.
    """
    try:
        # The standard library's own parser: what validates the answer reads the expression the same way.
        parsed = importlib.import_module("re._parser").parse(expression)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"it is no regular expression: {error}") from None
    if parsed.state.flags & ~(re.UNICODE):
        raise PatternError("it sets flags")
    body = _sequence(list(parsed), first=True, last=True)
    least, most = parsed.getwidth()
    anchored = expression.startswith("^") and expression.endswith("$") and "|" not in expression
    return f'"\\"" {body} "\\""', int(least), int(most) if anchored else TOP


def _sequence(items: Sequence[tuple[Any, Any]], *, first: bool, last: bool) -> str:
    """The items in a row. `first` and `last`: this is the expression's beginning or end, so where it is not
    anchored anything may stand before or behind it."""
    items = list(items)
    inherits = ("BRANCH", "SUBPATTERN")
    before = after = ""
    if first and items and str(items[0][0]) == "AT":
        _demand(str(items[0][1]) in ("AT_BEGINNING", "AT_BEGINNING_STRING"), "an anchor inside")
        items, first = items[1:], False
    elif first and not (items and str(items[0][0]) in inherits):
        before, first = "char*", False
    if last and items and str(items[-1][0]) == "AT":
        _demand(str(items[-1][1]) in ("AT_END", "AT_END_STRING"), "an anchor inside")
        items, last = items[:-1], False
    elif last and not (items and str(items[-1][0]) in inherits):
        after, last = "char*", False
    end = len(items) - 1
    parts = [_item(item, first and i == 0, last and i == end) for i, item in enumerate(items)]
    return " ".join(part for part in (before, *parts, after) if part) or '""'


def _item(item: tuple[Any, Any], first: bool, last: bool) -> str:
    operation, value = str(item[0]), item[1]
    if operation == "LITERAL":
        return _characters([(value, value)])
    if operation == "NOT_LITERAL":
        return _characters(complement([(value, value)]))
    if operation == "ANY":
        return _characters(complement([(10, 10)]))
    if operation == "IN":
        return _characters(_set(value))
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        unbounded = str(most) == "MAXREPEAT"
        return repeat(f"({_sequence(inner, first=False, last=False)})", least, None if unbounded else most)
    if operation == "SUBPATTERN":
        _, added, removed, inner = value
        _demand(not added and not removed, "flags")
        return f"({_sequence(inner, first=first, last=last)})"
    if operation == "BRANCH":
        return either(_sequence(branch, first=first, last=last) for branch in value[1])
    raise PatternError(f"it uses {operation.lower().replace('_', ' ')}")


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise PatternError(f"it uses {what}")


def _set(entries: Iterable[tuple[Any, Any]]) -> Ranges:
    ranges: Ranges = []
    negated = categories = False
    for operation, value in entries:
        name = str(operation)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            ranges.append((value, value))
        elif name == "RANGE":
            ranges.append(value)
        elif name == "CATEGORY":
            categories = True
            ranges += _category(str(value), negated)
        else:
            raise PatternError(f"it uses {name.lower()}")
    if not negated:
        return ranges
    if not categories:
        return complement(ranges)
    # Categories know more than ASCII; staying within what is surely outside them keeps the answer valid.
    return [
        both
        for low, high in complement(ranges)
        for start, end in [(0, 127), *_LETTERS]
        if (both := (max(low, start), min(high, end)))[0] <= both[1]
    ]


def _category(name: str, negated: bool) -> Ranges:
    kind = name.removeprefix("CATEGORY_").removeprefix("NOT_")
    known = _CATEGORIES.get(kind)
    _demand(known is not None, name.lower())
    assert known is not None
    letters = _LETTERS if kind == "WORD" else []
    if "NOT_" not in name:
        return [*known, *letters] if negated else known
    ascii_rest = [(low, min(high, 127)) for low, high in complement(known) if low <= 127]
    if negated:
        return [*ascii_rest, *([] if kind == "WORD" else _LETTERS)]
    return [*ascii_rest, *([] if kind == "WORD" else _LETTERS)]


def _characters(ranges: Ranges) -> str:
    """One of these characters, as a JSON string spells it."""
    allowed = complement([*complement(ranges), *_NOT_PLAIN])
    parts = [character_class(allowed)] if allowed else []
    for code, letter in _ESCAPED.items():
        if any(low <= code <= high for low, high in ranges):
            parts.append(literal(f"\\{letter}"))
    _demand(bool(parts), "a character that JSON cannot write")
    return parts[0] if len(parts) == 1 else either(parts)
