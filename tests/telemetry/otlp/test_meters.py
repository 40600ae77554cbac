"""Counters: what was added, or all since the beginning; sent again, out of order, begun anew, over a restart."""

from __future__ import annotations

import random
from contextlib import closing
from typing import Any

import pytest

from agent_telemetry.erasing import erase
from agent_telemetry.ledger_file import open_ledger
from tests.telemetry.otlp.conftest import Taker
from tests.telemetry.otlp.payloads import SECOND, WHEN, counter, point

CLAUDE = "claude_code.token.usage"
HOUR = 3600 * SECOND


def claude(points: Any, *, delta: bool = False) -> Any:
    return counter(CLAUDE, points, delta=delta, service__name="claude-code")


def of(kind: str, value: float, minute: float, *, begin: int = WHEN, **more: Any) -> dict[str, Any]:
    given = {"session__id": "0b5f0fd2-9c4f-4b8a-9b3e-9a6f5f0f7a10", "model": "claude-opus-4-6"} | more
    return point(value, start=begin, time=WHEN + round(minute * 60 * SECOND), type=kind, **given)


def all_kinds(factor: int, minute: float, **more: Any) -> list[dict[str, Any]]:
    values = {"input": 10, "output": 3, "cacheRead": 1000, "cacheCreation": 50}
    return [of(kind, factor * value, minute, **more) for kind, value in values.items()]


def test_what_was_added(taker: Taker) -> None:
    for minute in range(1, 4):
        request = claude(all_kinds(minute, minute, begin=WHEN + (minute - 1) * 60 * SECOND), delta=True)
        taker.send(request)
        taker.send(request)
    assert taker.tokens() == (60, 6000, 300, 18)
    row, *_ = taker.rows()
    assert len(taker.rows()) == 3
    assert (row["agent"], row["model"], row["provider"], row["session"]) == (
        *("claude", "claude-opus-4-6", "anthropic"),
        "0b5f0fd2-9c4f-4b8a-9b3e-9a6f5f0f7a10",
    )


def test_kinds_that_come_apart(taker: Taker) -> None:
    for each in all_kinds(2, 1):
        taker.send(claude([each], delta=True))
    for each in all_kinds(2, 1, model="other"):
        taker.send(claude([each]))
    assert taker.tokens() == (40, 4000, 200, 12)
    assert len(taker.rows()) == 2


@pytest.mark.parametrize("restarts", [False, True])
def test_all_since_the_beginning(taker: Taker, restarts: bool) -> None:
    """A row for each hour, in which it grows."""
    for number in range(1, 301):
        request = claude(all_kinds(number, number))
        taker.send(request)
        if number % 50 == 0:
            taker.send(request)
            if restarts:
                taker.restart()
    assert taker.tokens() == (3000, 300_000, 15_000, 900)
    rows = taker.rows()
    assert len({row["time"] // 3_600_000 for row in rows}) == len(rows) == 6 if WHEN % HOUR else 5
    assert max(row["output"] for row in rows) <= 60 * 3


def test_out_of_order(taker: Taker) -> None:
    numbers = list(range(1, 40))
    random.Random(7).shuffle(numbers)
    for number in numbers:
        taker.send(claude(all_kinds(number, number)))
    assert taker.tokens() == (390, 39_000, 1950, 117)


def test_a_counter_that_begins_anew(taker: Taker) -> None:
    """With another beginning, or without a word of it."""
    taker.send(claude(all_kinds(5, 5)))
    taker.send(claude(all_kinds(2, 7, begin=WHEN + 6 * 60 * SECOND)))
    assert taker.tokens() == (70, 7000, 350, 21)
    for number, minute in ((5, 5), (2, 7), (3, 8), (1, 9)):
        taker.send(claude(all_kinds(number, minute, begin=0, model="m")))
        if minute == 7:
            taker.restart()
            taker.send(claude(all_kinds(5, 5, begin=0, model="m")))  # late
    assert taker.tokens() == (160, 16_000, 800, 48)
    assert len(taker.rows()) == 2


def test_two_processes_that_nothing_tells_apart(taker: Taker) -> None:
    for number in range(1, 20):
        taker.send(claude(all_kinds(number, number)))
        taker.send(claude(all_kinds(2 * number, number + 0.1, begin=WHEN + SECOND)))
    assert taker.tokens() == (570, 57_000, 2850, 171)


def test_each_kind_has_a_beginning_of_its_own(taker: Taker) -> None:
    """As with OpenTelemetry's SDK for Python."""
    held = [each | {"start": WHEN + number} for number, each in enumerate(all_kinds(2, 1))]
    taker.send(claude(held))
    assert taker.tokens() == (20, 2000, 100, 6)
    assert len(taker.rows()) == 1


def test_processes_are_told_apart(taker: Taker) -> None:
    for process in range(3):
        taker.send(counter(CLAUDE, all_kinds(1, 1), service__name="claude-code", process__pid=process))
        taker.send(counter(CLAUDE, all_kinds(1, 1), service__name="claude-code", process__pid=process))
    assert taker.tokens()[0] == 30


def test_openclaws_counter_has_sums_among_its_kinds(taker: Taker) -> None:
    values = {"input": 20, "output": 5, "cache_read": 70, "cache_write": 10, "prompt": 100, "total": 105}
    held = [
        point(value, openclaw__token=kind, openclaw__model="gpt-5.4", openclaw__provider="openai")
        for kind, value in values.items()
    ]
    taker.send(counter("openclaw.tokens", held, service__name="openclaw"))
    usual = [
        point(value, gen_ai__token__type=kind, gen_ai__request__model="gpt-5.4")
        for kind, value in {"input": 20.0, "output": 5.0}.items()
    ]
    taker.send(counter("gen_ai.client.token.usage", usual, histogram=True, service__name="openclaw"))
    assert taker.tokens() == (20, 70, 10, 5)


def test_a_histogram_by_the_conventions(taker: Taker) -> None:
    for number in (1, 2):
        held = [
            point(
                float(number * value),
                time=WHEN + number * SECOND,
                gen_ai__token__type=kind,
                gen_ai__request__model="gpt-5.4",
                gen_ai__system="openai",
            )
            for kind, value in {"input": 20, "output": 5}.items()
        ]
        taker.send(counter("gen_ai.client.token.usage", held, histogram=True, service__name="my-app"))
    assert taker.tokens() == (40, 0, 0, 10)
    (row,) = taker.rows()
    assert (row["agent"], row["model"], row["provider"]) == ("my-app", "gpt-5.4", "openai")


def test_geminis_kinds(taker: Taker) -> None:
    values = {"input": 100, "output": 7, "cache": 60, "thought": 5, "tool": 3}
    held = [point(value, type=kind, model="gemini-3-pro") for kind, value in values.items()]
    taker.send(counter("gemini_cli.token.usage", held, service__name="gemini-cli"))
    assert taker.tokens() == (43, 60, 0, 12)


def test_nothing_was_used(taker: Taker) -> None:
    taker.send(claude(all_kinds(0, 1)))
    assert taker.rows("true") == []


def test_what_was_forgotten_does_not_come_back(taker: Taker) -> None:
    """A counter that goes on tells it again, each time."""
    taker.send(claude(all_kinds(3, 3)))
    with closing(open_ledger(taker.path)) as conn:
        erase(conn, before=WHEN // 1_000_000 + 4 * 60_000, agent="claude")
    for number in range(3, 9):
        taker.send(claude(all_kinds(number, number)))
        taker.restart()
    assert taker.tokens() == (50, 5000, 250, 15)
    taker.send(claude(all_kinds(1, 2, session__id="another"), delta=True))
    assert taker.tokens() == (50, 5000, 250, 15)


def test_a_metric_for_each_kind(taker: Taker) -> None:
    """The newer conventions; a program may send both."""
    kinds = {"input": 100, "output": 9, "cache_read.input": 60, "cache_write.input": 10, "reasoning.output": 4}
    request = counter("gen_ai.client.token.usage", [], service__name="a")
    into = request.resource_metrics[0].scope_metrics[0].metrics
    into.clear()
    for kind, value in kinds.items():
        name = f"gen_ai.client.inference.usage.{kind}_tokens"
        held = [point(value, gen_ai__request__model="m", gen_ai__token__modality=each) for each in ("text", "image")]
        into.extend(counter(name, held).resource_metrics[0].scope_metrics[0].metrics)
    held = [point(218.0, gen_ai__token__type=kind, gen_ai__request__model="m") for kind in ("input", "output")]
    into.extend(counter("gen_ai.client.token.usage", held, histogram=True).resource_metrics[0].scope_metrics[0].metrics)
    taker.send(request)
    taker.send(request)
    (row,) = taker.rows()
    assert [row[name] for name in ("input", "cache_read", "cache_write", "output", "reasoning")] == [60, 120, 20, 18, 8]
