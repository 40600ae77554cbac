"""The range of time that a page shows: up to now, from a local midnight on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

Range = Literal["today", "7d", "30d", "all"]
RANGES: dict[Range, str] = {"today": "Today", "7d": "7 days", "30d": "30 days", "all": "All time"}
DAYS: dict[Range, int] = {"today": 1, "7d": 7, "30d": 30}
"""How many days each range has, today counted in."""
PLOTTED_WEEKS = 260
_WITH_YEAR = 330  # days, after which months' names come again
IN_WORDS: dict[Range, str] = {
    "today": "today",
    "7d": "in the last 7 days",
    "30d": "in the last 30 days",
    "all": "so far",
}


def begin_of(range_: Range, now: datetime) -> datetime | None:
    """The local midnight at which a range begins; None for all. Days count today in. `now` has no time zone."""
    if range_ == "all":
        return None
    return midnight(now.date() - timedelta(days=DAYS[range_] - 1))


def first_day(range_: Range, today: date) -> date | None:
    """The first day of a range; None for all."""
    return None if range_ == "all" else today - timedelta(days=DAYS[range_] - 1)


def plotted_from(first: date, today: date) -> date:
    """The first day that a plot of all time shows, of a ledger that begins on `first`: a wrong clock does not stretch
    it over decades."""
    return max(first, monday(today) - timedelta(weeks=PLOTTED_WEEKS - 1))


def midnight(day: date) -> datetime:
    """When a day begins; it has no time zone."""
    return datetime.combine(day, datetime.min.time())


def monday(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


def months(first: date, last: date) -> Iterator[date]:
    """The first day of each month from that of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def every(first: date, last: date, days: int) -> Iterator[date]:
    """Each day from the first to the last, or each so many days."""
    while first <= last:
        yield first
        first += timedelta(days=days)


def day_name(day: date, *, year: bool = False) -> str:
    """Nov 24, or Nov 24, 2026."""
    return f"{day:%b} {day.day}, {day.year}" if year else f"{day:%b} {day.day}"


def axis_name(day: date, begin: str) -> str:
    """A day below a plot that begins on another (ISO): of a long time its month and year."""
    long = (date.today() - date.fromisoformat(begin)).days > _WITH_YEAR
    return f"{day:%b} {day.year}" if long else day_name(day)
