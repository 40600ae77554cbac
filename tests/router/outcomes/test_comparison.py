"""Whether two answers agree, by kind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from agent_models.completion import CompletionRequest, OutputFormat, Tool
from agent_router.outcomes.calibration import Calibration
from agent_router.outcomes.comparison import RULES, compare
from agent_router.outcomes.said import Said
from agent_router.routing.family import Family, Kind
from tests.router.routing.bodies import made

TASK = made("Why is the sky blue?")[0]
SCHEMA = {"type": "object", "properties": {"timeout": {"type": "number", "default": 120000}}, "required": ["command"]}
REQUEST = CompletionRequest(messages=(), tools=(Tool("Bash", parameters=SCHEMA),))


# Told apart by hand; most were written before they were first compared.
PAIRS: dict[str, dict[str, list[tuple[Any, Any]]]] = {
    path.stem: msgspec.json.decode(path.read_bytes()) for path in (Path(__file__).parent / "pairs").glob("*.json")
}


def said(side: Any) -> Said:
    """A text, or a list of calls; no calls are a text."""
    if isinstance(side, list):
        return Said("" if side else "I would read it.", tuple((name, arguments) for name, arguments in side))
    return side if isinstance(side, Said) else Said(side)


def agrees(kind: Kind, one: Any, other: Any) -> bool:
    task = structs.replace(TASK, family=Family(f"{kind}-1", kind, ""))
    there, back = compare(task, REQUEST, said(one), said(other)), compare(task, REQUEST, said(other), said(one))
    assert there[:3] == back[:3], "the order matters"
    return there.agree


def share(pairs: Sequence[tuple[Any, Any]], kind: Kind, says: bool) -> float:
    return sum(agrees(kind, one, other) == says for one, other in pairs) / len(pairs)


@pytest.mark.parametrize(
    ("kind", "pairs", "bar"),
    [
        ("ask", "short", 0.95),
        ("json", "json", 0.95),
        ("ask", "calls", 0.95),
        ("title", "titles", 0.88),
        ("commit", "commits", 0.88),
        ("summary", "texts", 0.88),
        ("ask", "texts", 0.88),
    ],
)
def test_pairs_are_told_apart(kind: Kind, pairs: str, bar: float) -> None:
    right = share(PAIRS[pairs]["same"], kind, True), share(PAIRS[pairs]["other"], kind, False)
    assert sum(right) / 2 >= bar, right


def test_a_heartbeat_is_quiet_or_it_is_not() -> None:
    assert agrees("heartbeat", "HEARTBEAT_OK", "**HEARTBEAT_OK**")
    assert agrees("heartbeat", "HEARTBEAT_OK", "Nothing needs attention.\n\nHEARTBEAT_OK")
    assert not agrees("heartbeat", "HEARTBEAT_OK", "Disk usage on db-2 is at 94%.")
    assert agrees("heartbeat", "Alert: disk usage on db-2 is at 94%.", "Disk usage on server db-2 is 94%")


@pytest.mark.parametrize(
    "closed",
    [Said(""), Said("  "), Said("I", stop="content_filter"), Said('{"a"', stop="length"), Said("B", stop="length")],
)
def test_nothing_is_said_where_the_closed_side_said_nothing_whole(closed: Said) -> None:
    request = structs.replace(REQUEST, output_format=OutputFormat("json_object"))
    assert compare(TASK, request, closed, Said('{"a":1}')).signal is None


def test_what_it_says_is_by_kind() -> None:
    exact = compare(TASK, REQUEST, Said("yes"), Said("Yes."))
    assert (exact.kind, exact.score, exact.agree) == ("short", 1.0, True)
    assert exact.signal is not None
    assert (exact.signal.f1, exact.signal.f0) == (0.97, 0.05)
    signal = compare(TASK, REQUEST, Said("word " * 20), Said("other " * 20)).signal
    assert signal is not None
    assert (signal.good, signal.f1, signal.f0) == (0.0, RULES["text"].f1, RULES["text"].f0)


def test_a_calibrated_family_has_its_own_floor() -> None:
    calibration = Calibration()
    one, other = Said(PAIRS["texts"]["same"][0][0]), Said(PAIRS["texts"]["same"][0][1])
    for _ in range(20):
        calibration.learn(TASK.family.name, 0.99)
    first, second = compare(TASK, REQUEST, one, other), compare(TASK, REQUEST, one, other, calibration)
    assert first.agree
    assert first.score == second.score < 0.99
    assert second.signal is not None


TEXT = st.text(max_size=300) | st.sampled_from(
    ["HEARTBEAT_OK", '{"a": [1, null]}', "B) x", "1,234.5", "```\nx\n```", "[" * 3000]
)
SAID = st.builds(
    Said, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple), st.sampled_from([None, "stop", "length"])
)


@given(SAID, SAID, st.sampled_from(["ask", "title", "heartbeat", "json"]))
def test_any_answers_can_be_compared_in_either_order(one: Said, other: Said, kind: Kind) -> None:
    assert agrees(kind, one, one)
    agrees(kind, one, other)


@pytest.mark.parametrize(
    "text",
    [
        "the user fixed test_upload.py on 2026-05-01 ",
        "а" * 40 + " ",
        "1,",
        "-" * 9,
        "/a.b",
        "漢字",
        "B) ",
        "{",
        "Aa ",
        "no. 3 ",
        "\\boxed{",
    ],
)
def test_a_comparison_takes_bounded_time(text: str) -> None:
    one = (text * 4096)[:4096]
    began = time.perf_counter()
    for _ in range(5):
        compare(TASK, REQUEST, Said(one), Said(one[::-1]))
    assert (time.perf_counter() - began) / 5 < 0.02  # 2 ms on a quiet machine
