"""What a PromQL expression asks for: its metrics with the labels that are matched, and the labels that it groups by.

A tokenizer and one pass over the tokens; enough for a board, and strict: what it does not know is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<range>\[[^\]]+\])
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<operator>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){},@])""",
    re.VERBOSE,
)
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "atan2"})
_AGGREGATIONS = frozenset({"sum", "avg", "min", "max", "count", "topk", "bottomk", "quantile", "stddev", "group"})
_FUNCTIONS = frozenset(
    {"rate", "increase", "irate", "histogram_quantile", "vector", "clamp_min", "clamp_max", "abs", "label_replace"}
)


@dataclass
class Query:
    """`metrics` with the labels of their matchers; `groups`: labels of `by`, `on` and the like."""

    metrics: dict[str, set[str]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)


def tokens(expression: str) -> list[tuple[str, str]]:
    """(kind, text). ValueError for what is no PromQL."""
    found, at = [], 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"no PromQL at {at}: {expression[at : at + 30]!r}")
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match.group()))
        at = match.end()
    return found


def query(expression: str) -> Query:
    """What it asks for. ValueError for brackets that do not match, and for unknown functions."""
    found, depth, result, at = tokens(expression), 0, Query(), 0
    while at < len(found):
        kind, text = found[at]
        following = found[at + 1][1] if at + 1 < len(found) else ""
        if text == "(":
            depth += 1
        elif text == ")":
            depth -= 1
            if depth < 0:
                raise ValueError(f"a bracket too many: {expression}")
        elif text in ("{", "}"):
            raise ValueError(f"matchers without a metric: {expression}")
        elif kind == "name" and text in _GROUPING:
            labels, at = _list(found, at + 1, expression)
            result.groups |= labels
            continue
        elif kind == "name" and text not in _WORDS:
            if following == "(" or following in _GROUPING:
                if text not in _FUNCTIONS | _AGGREGATIONS:
                    raise ValueError(f"an unknown function: {text}")
            else:
                labels = result.metrics.setdefault(text, set())
                if following == "{":
                    matched, at = _matchers(found, at + 1, expression)
                    labels |= matched
                    continue
        at += 1
    if depth:
        raise ValueError(f"a bracket too few: {expression}")
    return result


def _list(found: list[tuple[str, str]], at: int, expression: str) -> tuple[set[str], int]:
    if at >= len(found) or found[at][1] != "(":
        raise ValueError(f"no list of labels: {expression}")
    labels = set()
    for position in range(at + 1, len(found)):
        kind, text = found[position]
        if text == ")":
            return labels, position + 1
        if kind == "name":
            labels.add(text)
        elif text != ",":
            raise ValueError(f"no label: {text}")
    raise ValueError(f"a list without an end: {expression}")


def _matchers(found: list[tuple[str, str]], at: int, expression: str) -> tuple[set[str], int]:
    labels, position = set(), at + 1
    while position < len(found) and found[position][1] != "}":
        if found[position][1] == ",":
            position += 1
            continue
        (kind, label), (_, operator), (value, _) = found[position : position + 3]
        if kind != "name" or operator not in ("=", "!=", "=~", "!~") or value != "string":
            raise ValueError(f"no matcher at {label}: {expression}")
        labels.add(label)
        position += 3
    if position >= len(found):
        raise ValueError(f"matchers without an end: {expression}")
    return labels, position + 1
