"""Is my open share growing? The split by day, or by week of a long time."""

from __future__ import annotations

from datetime import date, timedelta

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import (
    FEW,
    NOTHING,
    By,
    Measured,
    amount,
    measured,
    parts,
    points,
    together,
    wrote,
)  # fmt: skip
from agent_dashboards.number_format import percent, whole
from agent_dashboards.plots.shares import Period, shares
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.questions.split_table import keys_of, split_cells, split_head
from agent_dashboards.site import Data, Site
from agent_dashboards.split_bar import MEASURES
from agent_dashboards.time_range import (
    DAYS,
    IN_WORDS,
    Range,
    axis_name,
    day_name,
    every,
    first_day,
    midnight,
    monday,
    plotted_from,
)
from agent_telemetry.trend import trend

_BY_DAY = 45  # days, of which more are shown by week
_SHOWN_WITH_TODAY = 7
_COMPARED_WEEKS = 4
_BEFORE: dict[Range, str] = {"today": "yesterday", "7d": "in the 7 days before", "30d": "in the 30 days before"}


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    since = None
    if begin is not None:
        days = DAYS[asked.range]
        since = begin - timedelta(days=_SHOWN_WITH_TODAY - 1 if asked.range == "today" else days)
    rows = trend(site.ledger, site.classify, ("day",), since=midnight(since) if since else None)
    by_day = {date.fromisoformat(row.keys[0]): measured(row, asked.by) for row in rows}
    if since is None:
        since = plotted_from(min(by_day, default=today), today)
    last = today
    step = 7 if asked.range == "all" and (last - since).days > _BY_DAY else 1
    if step == 7:
        since = monday(since)
    columns = [{"begin": day.isoformat(), **_sum(by_day, day, step).json()} for day in every(since, last, step)]
    now, before = _compared(asked.range, by_day, begin, today, since, last, step)
    title = _title(asked.range, asked.by, now, before, _open_days(by_day, begin or since))
    return {
        "title": title,
        "period": "week" if step == 7 else "day",
        "begin": (begin or since).isoformat(),
        "now": now.json(),
        "before": before.json() if before else None,
        "columns": columns,
    }


def _sum(by_day: dict[date, Measured], begin: date, days: int) -> Measured:
    return together(by_day.get(day, NOTHING) for day in every(begin, begin + timedelta(days=days - 1), 1))


def _open_days(by_day: dict[date, Measured], begin: date) -> int:
    return sum(1 for day, figures in by_day.items() if day >= begin and figures.total)


def _compared(
    range_: Range, by_day: dict[date, Measured], begin: date | None, today: date, since: date, last: date, step: int
) -> tuple[Measured, Measured | None]:
    """The range's figures, and what they are compared with: as long a time before it; of all time the last four weeks
    with the first four."""
    if begin is not None:
        days = DAYS[range_]
        return _sum(by_day, begin, days), _sum(by_day, begin - timedelta(days=days), days)
    everything = together(by_day.values())
    weeks = list(every(since, last, 7))
    if step != 7 or len(weeks) < 2 * _COMPARED_WEEKS:
        return everything, None
    return (
        _sum(by_day, weeks[-_COMPARED_WEEKS], 7 * _COMPARED_WEEKS),
        _sum(by_day, weeks[0], 7 * _COMPARED_WEEKS),
    )


def _title(range_: Range, by: By, now: Measured, before: Measured | None, days: int) -> str:
    share = now.open_share
    if range_ == "all" and before is not None:
        if share is None or before.open_share is None or min(now.requests, before.requests) < FEW:
            return "There is too little in the first four weeks or in the last four to compare them"
        change = points(share, before.open_share)
        if not change:
            return f"Open models' share of {MEASURES[by][0]} is {percent(share)}, as in the first four weeks"
        grew = "grown" if change > 0 else "shrunk"
        first, last = percent(before.open_share), percent(share)
        share_of = f"Open models' share of {MEASURES[by][0]}"
        return f"{share_of} has {grew} from {first} in the first four weeks to {last} in the last four"
    when = IN_WORDS[range_]
    if share is None:
        return f"{_nothing(by)} {when}"
    said = f"Open models {wrote(share, by)} {when}"
    if now.requests < FEW:
        return f"{said}, of only {_requests(now.requests)}"
    if before is not None and before.open_share is not None and before.requests >= FEW and range_ != "all":
        change = points(share, before.open_share)
        if change:
            unit = "point" if abs(change) == 1 else "points"
            return f"{said}, {abs(change)} {unit} {'more' if change > 0 else 'less'} than {_BEFORE[range_]}"
        return f"{said}, {'' if share == before.open_share else 'about '}as much as {_BEFORE[range_]}"
    if now.unknown_share >= 0.1:
        return f"{said}; of {percent(now.unknown_share)} nobody knows"
    if days == 1 and range_ != "today":
        return f"{said}, all of it on one day"
    return said


def _nothing(by: By) -> str:
    return {"output": "Nothing was written", "requests": "No request was answered", "tokens": "No token was used",
            "money": "Nothing is known to have been billed"}[by]  # fmt: skip


def _requests(number: int) -> str:
    return "one request" if number == 1 else f"{whole(number)} requests"


def _view(data: Data) -> Data:
    by: By = data["by"]
    begin = date.fromisoformat(data["begin"])
    days = 7 if data["period"] == "week" else 1
    periods, rows = [], []
    for column in data["columns"]:
        first = date.fromisoformat(column["begin"])
        last = first + timedelta(days=days - 1)
        figures = Measured(column["segments"], column["requests"])
        label = axis_name(first, data["columns"][0]["begin"])
        when = f"Week of {day_name(first)}" if days == 7 else f"{first:%a}, {day_name(first)}"
        hint = f"{when}: nothing"
        if figures.total:
            hint = f"{when}: {amount(figures.total, by)}. {parts(figures).capitalize()}."
        address = requests_address(first, last)
        periods.append(Period(label, hint, figures, address if figures.requests else "", first < begin))
        rows.append((Cell(f"{when}", address if figures.requests else ""), *split_cells(figures, by)))
    return {
        "plot": shares(periods, f"Shares by {data['period']}. {data['title']}."),
        "table": table(f"Shares by {data['period']}", split_head(data["period"].capitalize(), by), rows[::-1]),
        "rows": requests_address(begin, None) if data["range"] != "all" else requests_address(),
        "keys": keys_of(figures["segments"] for figures in data["columns"]),
        "compared": data["before"] is not None and data["range"] != "all",
    }


TREND = Question("trend", "Is my open share growing?", _data, _view)
