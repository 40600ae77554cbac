"""Numbers as text."""

from __future__ import annotations

import pytest

from agent_dashboards.number_format import duration, money, percent, whole


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (1234567, "1,234,567")])
def test_whole(value: float | None, text: str) -> None:
    assert whole(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (0.001, "< 1 %"), (0.01, "1 %"), (0.505, "50 %"), (0.99, "99 %"), (0.999, "> 99 %"), (1, "100 %")],
)
def test_percent(value: float, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "$0.00"), (0.00001, "< $0.0001"), (0.0012, "$0.0012"), (0.02, "$0.02"), (1234.5, "$1,234.50")],
)
def test_money(value: float | None, text: str) -> None:
    assert money(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.41, "0.4 ms"), (12.3, "12 ms"), (999, "999 ms"), (12345, "12.3 s"), (600_000, "10 min")],
)
def test_duration(value: float | None, text: str) -> None:
    assert duration(value) == text
