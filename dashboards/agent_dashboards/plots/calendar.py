"""A year of days: a column a week, a row a weekday, each coloured by its open share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

LEVELS = 5
"""Of the open share: 0 is none at all, 5 is all."""
_WEEK = timedelta(days=7)


class Day(NamedTuple):
    """A day's square, in per cent of the width and in rows from above; `level` None: nothing was asked."""

    x: float
    row: int
    level: int | None
    hint: str
    address: str


class Month(NamedTuple):
    """A month's name above its first week."""

    x: float
    text: str


class Calendar(NamedTuple):
    """`width` of a week in per cent."""

    days: tuple[Day, ...]
    months: tuple[Month, ...]
    width: float
    description: str


class Shade(NamedTuple):
    """A day that has something: its open share, what to say of it, and where its rows are."""

    share: float | None
    hint: str
    address: str


def level(share: float) -> int:
    """How dark a day is: only nothing is 0, and only everything is 5."""
    if share in (0.0, 1.0):
        return round(share) * LEVELS
    return min(LEVELS - 1, max(1, 1 + int(share * (LEVELS - 1))))


def calendar(days: Mapping[date, Shade], last: date, description: str, weeks: int = 53) -> Calendar:
    """The weeks up to that of `last`, which is a day's own; weeks begin on Monday."""
    begin = last - timedelta(days=last.weekday()) - (weeks - 1) * _WEEK
    width = 100 / weeks
    squares, months = [], []
    for number in range((last - begin).days + 1):
        day = begin + timedelta(days=number)
        week, row = divmod(number, 7)
        shade = days.get(day)
        hint = shade.hint if shade else f"{day:%b} {day.day}: nothing"
        share = shade.share if shade else None
        squares.append(
            Day(week * width, row, None if share is None else level(share), hint, shade.address if shade else "")
        )
        if day.day == 1 and week < weeks - 2:
            months.append(Month(week * width, f"{day:%b}"))
    return Calendar(tuple(squares), tuple(months), width, description)
