"""The card that people share: true figures, names as text, and nothing of the user's."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date, timedelta
from typing import Any

import pytest

from agent_dashboards.picture import png
from agent_dashboards.share_card import Card, card, svg
from agent_telemetry.ledger_reader import DaySum, Kind
from agent_telemetry.sums import SUMS

LAST = date(2026, 11, 28)
FIRST = LAST - timedelta(days=364)


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    if model is None:
        return "unknown", None
    return ("closed", "openai") if model.startswith("gpt-5") else ("open", "alibaba")


def item(day: date, model: str | None, output: int, place: str | None = "hosted", requests: int = 1) -> DaySum:
    figures = dict.fromkeys(SUMS, 0) | {"answered": requests, "output": output}
    return DaySum(Kind(model, None, place, "pi", None), day, tuple(figures[name] for name in SUMS))


def made(*items: DaySum) -> Card:
    found = card(items, classify, {"alibaba": "Alibaba"}.get, FIRST, LAST)  # type: ignore[arg-type]
    assert found is not None
    return found


def words(drawn: str) -> list[str]:
    root = ET.fromstring(drawn)
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_figures() -> None:
    found = made(
        item(LAST, "qwen3", 30, "device"),
        item(LAST - timedelta(days=1), "qwen3", 10, "hosted"),
        item(LAST - timedelta(days=3), "gpt-5.4", 50),
        item(LAST, None, 10, None),
    )
    assert (found.open, found.own, found.streak, found.labs) == (
        *(pytest.approx(0.4), pytest.approx(0.3), 2),
        (("Alibaba", pytest.approx(0.4)),),
    )
    assert found.models[0] == ("qwen3", "Alibaba", pytest.approx(0.4))
    assert found.days == {LAST: 0.75, LAST - timedelta(days=1): 1.0, LAST - timedelta(days=3): 0.0}
    shown = words(svg(found))
    assert {"40 %", "from open-weights models", "30 %", "qwen3", "Alibaba", "2", "open days in a row"} <= set(shown)


def test_requests_where_no_tokens_are_known() -> None:
    assert made(item(LAST, "qwen3", 0), item(LAST, "gpt-5.4", 0, requests=3)).open == 0.25


def test_no_calls() -> None:
    assert card([], classify, str, FIRST, LAST) is None


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "]]>&amp;\"'", "\x00\x1b[31m", "🦙" * 50, "x" * 300, "‮oops", "\ud800"]
)
@pytest.mark.parametrize("dark", [True, False])
def test_names_are_text(name: str, dark: bool) -> None:
    drawn = svg(made(item(LAST, name, 5, "device")), dark=dark)
    root = ET.fromstring(drawn)
    assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {
        "svg",
        "title",
        "rect",
        "text",
        "tspan",
        "g",
        "clipPath",
        "circle",
    }
    assert png(drawn, scale=0.5).startswith(b"\x89PNG")


@pytest.mark.parametrize("days", [1, 7, 40, 365, 366, 900])
def test_any_range(days: int) -> None:
    first = LAST - timedelta(days=days - 1)
    found = card([item(first, "qwen3", 1), item(LAST, "gpt-5.4", 1)], classify, str, first, LAST)
    assert found is not None
    drawn = svg(found)
    for each in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}rect"):
        assert 0 <= float(each.get("x", "0")) <= 1200 - 9


def test_nothing_is_loaded_from_elsewhere() -> None:
    drawn = svg(made(item(LAST, "qwen3", 5)))
    assert "href" not in drawn
    assert "url(" not in drawn.replace("url(#bar)", "")
    assert drawn.count("http") == 1  # the namespace


def test_a_picture_of_the_size_it_says() -> None:
    picture = png(svg(made(item(LAST, "qwen3", 5))))
    size: tuple[Any, ...] = (int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big"))
    assert size == (2400, 1260)
