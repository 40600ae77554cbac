"""Whether two answers agree. Thin for now."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from agent_models.completion import CompletionRequest
from agent_router.outcomes.label import Signal, shadowed
from agent_router.outcomes.said import Said
from agent_router.routing.task import Task

_WORD = re.compile(r"\w+")


class Comparison(NamedTuple):
    """`score` from 0 to 1, whether that counts as agreeing, by the rules of which kind, and what it says."""

    score: float
    agree: bool
    kind: str
    signal: Signal | None


def compare(task: Task, request: CompletionRequest, closed: Said, local: Said) -> Comparison:
    """Compare what the two sides said to a request."""
    kind, score, floor, f1, f0 = _scored(closed, local)
    agree = score >= floor
    return Comparison(score, agree, kind, shadowed(agree, f1, f0))


def _scored(closed: Said, local: Said) -> tuple[str, float, float, float, float]:
    if closed.calls or local.calls:
        same = [(name, _json(text)) for name, text in closed.calls] == [(n, _json(t)) for n, t in local.calls]
        return "tool_call", float(same), 1.0, 0.97, 0.05
    one, other = _json(closed.text), _json(local.text)
    if isinstance(one, dict | list):
        return "json", float(one == other), 1.0, 0.97, 0.05
    a, b = _WORD.findall(closed.text.lower()), _WORD.findall(local.text.lower())
    if len(a) <= 6:
        return "short", float(a == b), 1.0, 0.97, 0.05
    shared = len(set(a) & set(b)) / max(len(set(a) | set(b)), 1)
    return "similar", shared, 0.4, 0.85, 0.2


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
