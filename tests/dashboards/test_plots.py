"""Plots as geometry: nothing outside, nothing that overlaps, and sums that are right."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_dashboards.measured import NOTHING, Measured, together
from agent_dashboards.plots.bars import Item, bars
from agent_dashboards.plots.calendar import LEVELS, Shade, calendar, level
from agent_dashboards.plots.columns import Amount, columns
from agent_dashboards.plots.labels import labels_of
from agent_dashboards.plots.matrix import Value, matrix
from agent_dashboards.plots.shares import Period, shares
from agent_dashboards.split_bar import SEGMENTS

FIGURES = st.dictionaries(st.sampled_from(list(SEGMENTS)), st.floats(1e-6, 1e12), max_size=5).map(
    lambda values: Measured(values, len(values))
)


@given(st.lists(FIGURES, max_size=60))
def test_a_column_of_shares_is_full_or_empty(found: list[Measured]) -> None:
    plot = shares([Period(str(i), "", figures) for i, figures in enumerate(found)], "")
    assert len(plot.columns) == len(found)
    for column, figures in zip(plot.columns, found, strict=True):
        assert sum(part.height for part in column.parts) == pytest.approx(100 if figures.total else 0)
        assert all(-1e-6 <= part.y <= 100 for part in column.parts)
        for above, below in zip(column.parts[1:], column.parts, strict=False):
            assert above.y + above.height == pytest.approx(below.y, abs=1e-6)
        assert 0 <= column.volume <= 100.0001
        assert column.x >= 0
        assert column.x + column.width <= 100.0001
    assert all(a.x + a.width <= b.x + 1e-6 for a, b in zip(plot.columns, plot.columns[1:], strict=False))


def test_what_it_is_compared_with_lies_left_of_the_boundary() -> None:
    plot = shares([Period("", "", NOTHING, faint=i < 7) for i in range(14)], "")
    assert plot.boundary == pytest.approx(50)
    assert [column.faint for column in plot.columns] == [True] * 7 + [False] * 7
    assert shares([Period("", "", NOTHING)], "").boundary is None
    assert shares([], "").columns == ()


@given(st.lists(st.text(), max_size=400), st.integers(2, 8))
def test_words_below_are_few_and_in_order(texts: list[str], most: int) -> None:
    found = labels_of(texts, most)
    assert len(found) == min(len(texts), most)
    assert [label.x for label in found] == sorted(label.x for label in found)
    assert all(0 <= label.x <= 100 for label in found)
    if texts:
        assert (found[0].text, found[-1].text) == (texts[0], texts[-1])


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0), (0.0001, 1), (0.24, 1), (0.26, 2), (0.6, 3), (0.8, 4), (0.9999, 4), (1.0, LEVELS)]
)
def test_only_nothing_is_none_and_only_everything_is_all(share: float, expected: int) -> None:
    assert level(share) == expected


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_a_calendar_has_each_day_once_in_its_week(last: date) -> None:
    plot = calendar({last: Shade(0.5, "then", "/x")}, last, "")
    assert len({(day.x, day.row) for day in plot.days}) == len(plot.days) == 52 * 7 + last.weekday() + 1
    assert plot.days[-1].row == last.weekday()
    assert plot.days[-1].level == 3
    assert [day.level for day in plot.days[:-1]] == [None] * (len(plot.days) - 1)
    assert plot.days[-1].x + plot.width <= 100.0001
    assert 10 <= len(plot.months) <= 13


def test_bars_are_as_long_as_their_share_of_the_longest() -> None:
    items = [Item("a", {"closed": 30.0, "open-device": 10.0}, "", ""), Item("b", {"ink": 10.0}, "", "")]
    first, second = bars(items)
    assert [(piece.key, piece.x, piece.width) for piece in first.pieces] == [
        ("open-device", 0, 25),
        ("closed", 25, 75),
    ]
    assert second.pieces[0].width == 25
    assert bars(items, whole=True)[1].pieces[0].width == 100
    assert bars([Item("none", {}, "", "")])[0].pieces == ()


def test_columns_and_squares_of_nothing() -> None:
    assert columns([], "").columns == ()
    assert columns([Amount("", "", 0.0)], "").columns[0].height == 0
    assert columns([Amount("", "", 3.0), Amount("", "", 1.5)], "").columns[1].height == 50
    plot = matrix([("a", "", [Value(None, ""), Value(0.25, "x"), Value(0.5, "y")], "")], ["1", "2", "3"], "")
    assert [(square.hint, square.ink) for square in plot.lines[0].squares] == [("x", 0.5), ("y", 1.0)]
    assert matrix([], [], "").lines == ()


def test_shares_of_figures() -> None:
    both = together([Measured({"open-lan": 1, "unknown": 1}, 2), Measured({"closed": 2}, 1), NOTHING])
    assert (both.total, both.open_share, both.unknown_share, both.requests) == (4, 0.25, 0.25, 3)
    assert NOTHING.open_share is None
