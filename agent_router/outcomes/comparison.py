"""Whether two answers agree: each kind of answer by its own rules.

| kind | compared by | floor | f1 | f0 |
|---|---|---|---|---|
| tool_call | `tool_calls.py` | all calls | .97 | .05 |
| json | `values.py` | the same | .97 | .05 |
| short | `short_answer.py` | the same | .97 | .05 |
| probe | whether there is an answer | the same | .97 | .05 |
| heartbeat | whether both are quiet | the same | .97 | .05 |
| alert | `similarity.py`: what a heartbeat that is not quiet reports | .72 | .90 | .15 |
| title | `similarity.py` | .55 | .85 | .25 |
| commit | `similarity.py` | .55 | .85 | .25 |
| summary | `similarity.py` | .40 | .80 | .30 |
| text | `similarity.py` | .40 | .80 | .30 |

`f1` is how often a good answer agrees with the closed one, `f0` how often a bad one does. They are assumed until a
`Calibration` has seen pairs enough.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agent_models.completion import CompletionRequest
from agent_router.outcomes.calibration import Calibration
from agent_router.outcomes.label import Signal, shadowed
from agent_router.outcomes.said import Said
from agent_router.outcomes.short_answer import same, short
from agent_router.outcomes.similarity import similarity
from agent_router.outcomes.tool_calls import same_calls
from agent_router.outcomes.values import read_json, same_value
from agent_router.outcomes.words import count
from agent_router.routing.task import Task

_SHORT = 6  # words
_SHORT_TEXT = 200  # characters; no answer of six words is longer
_ONE_SIDE = 3  # words, where the other side says more
_SENTENCE = 20  # words, in which a short answer may stand
_QUIET = "HEARTBEAT_OK"
_PADDING = 300  # characters beside it, which OpenClaw drops with it
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


class Rule(NamedTuple):
    """From which score on two answers of a kind agree, and what that says."""

    floor: float
    f1: float
    f0: float


EXACT = Rule(1.0, 0.97, 0.05)
RULES = {
    "alert": Rule(0.72, 0.90, 0.15),  # short, and in the words of what was read: another item is another alert
    "title": Rule(0.55, 0.85, 0.25),
    "commit": Rule(0.55, 0.85, 0.25),
    "summary": Rule(0.40, 0.80, 0.30),
    "text": Rule(0.40, 0.80, 0.30),
}

# What kinds of requests are compared as, if their answers are no JSON.
_SIMILAR: dict[str, str] = {
    "title": "title",
    "suggestion": "title",
    "commit": "commit",
    "summary": "summary",
    "recap": "summary",
    "memory": "summary",
}
_PROBE: str = "probe"  # any answer will do


class Comparison(NamedTuple):
    """`score` from 0 to 1, whether that counts as agreeing, by the rules of which kind, and what it says; `signal` is
    None where nothing can be said."""

    score: float
    agree: bool
    kind: str
    signal: Signal | None


def compare(
    task: Task, request: CompletionRequest, closed: Said, local: Said, calibration: Calibration | None = None
) -> Comparison:
    """Compare what the two sides said to a request. What the closed side says is taken for good: nothing is said where
    it says nothing, was filtered, or was cut where only the whole has a meaning. Never raises."""
    try:
        kind, score = _scored(task, request, closed, local)
    except (RecursionError, ValueError, TypeError, OverflowError):  # an answer nobody foresaw
        return Comparison(0.0, False, "unknown", None)
    rule = RULES.get(kind, EXACT)
    if calibration is not None and kind in RULES:
        rule = calibration.rule(task.family.name, rule)
    agree = score >= rule.floor
    return Comparison(score, agree, kind, shadowed(agree, rule.f1, rule.f0) if _is_whole(closed, kind) else None)


def _is_whole(closed: Said, kind: str) -> bool:
    if closed.stop == "content_filter" or not (closed.calls or closed.text.strip()):
        return False
    return closed.stop != "length" or kind in ("title", "summary", "text")


def _scored(task: Task, request: CompletionRequest, closed: Said, local: Said) -> tuple[str, float]:
    if closed.calls or local.calls:
        return "tool_call", same_calls(closed.calls, local.calls, request.tools)
    a, b = (_THOUGHT.sub("", said.text).strip() for said in (closed, local))
    if task.family.kind == "heartbeat" or _QUIET in a or _QUIET in b:
        quiet = _is_quiet(a), _is_quiet(b)
        if any(quiet):
            return "heartbeat", float(all(quiet))
        return "alert", similarity(a, b)
    one, other = read_json(a), read_json(b)
    wanted = request.output_format
    if one is not None or other is not None or wanted.kind != "text":
        alike = one is not None and other is not None and same_value(one, other, wanted.schema)
        return "json", float(alike or a == b)
    if task.family.kind == _PROBE:
        return "probe", float(bool(a) == bool(b))
    rule = _SIMILAR.get(task.family.kind)
    if rule is not None:
        return rule, similarity(_titled(a), _titled(b))
    if min(len(a), len(b)) > _SHORT_TEXT:
        return "text", similarity(a, b)
    sizes = sorted((count(short(a)), count(short(b))))
    if sizes[1] <= _SHORT or (sizes[0] <= _ONE_SIDE and sizes[1] <= _SENTENCE):
        return "short", float(same(a, b))
    return "text", similarity(a, b)


def _is_quiet(text: str) -> bool:
    """Whether OpenClaw shows nothing of an answer to a heartbeat."""
    bare = text.strip(" \n`*_.\"'!")
    said = bare.startswith(_QUIET) or bare.endswith(_QUIET)
    return (said and len(bare) - len(_QUIET) <= _PADDING) or bare.lower() in ("heartbeat ok", "heartbeat_ok")


def _titled(text: str) -> str:
    """Without the word that some models put before a title."""
    return re.sub(
        r"\A\W{0,4}(?:title|titre|título|titel|标题|commit message|summary)\W{0,3}[:：]\W{0,3}",
        "",
        text,
        flags=re.IGNORECASE,
    )
