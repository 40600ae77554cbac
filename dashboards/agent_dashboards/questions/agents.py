"""Which agent? Each agent's split by day, or by week of all time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import FEW, NOTHING, By, Measured, amount, any_of, measured, parts, shown, together
from agent_dashboards.number_format import percent
from agent_dashboards.plots.shares import Period, shares
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.questions.split_table import keys_of, split_cells, split_head
from agent_dashboards.shown_name import name
from agent_dashboards.site import Data, Site
from agent_dashboards.split_bar import MEASURES
from agent_dashboards.time_range import IN_WORDS, day_name, every, first_day, midnight, monday, months, plotted_from
from agent_telemetry.ledger_reader import extent, reading
from agent_telemetry.trend import trend

_MOST = 12
_MOST_KEPT = 100  # agents' names come from callers: there may be thousands
_SHOWN_WITH_TODAY = 7
_BY_WEEK = timedelta(weeks=26)
_NAMES = {"day": "{day:%a}, {name}", "week": "Week of {name}", "month": "{day:%B} {day.year}"}


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    since = begin
    if begin is not None and asked.range == "today":
        since = begin - timedelta(days=_SHOWN_WITH_TODAY - 1)
    period = "day" if begin else _period(site, today)
    rows = trend(site.ledger, site.classify, ("agent", period), since=midnight(since) if since else None)
    agents: dict[str, dict[date, Measured]] = {}
    for agent, day, figures in ((row.keys[0], _first_of(row.keys[1]), measured(row, asked.by)) for row in rows):
        agents.setdefault(agent, {})[day] = figures
    first = since or plotted_from(min((day for each in agents.values() for day in each), default=today), today)
    shown_periods = list(_PERIODS[period](first, today))
    found: list[Data] = []
    for agent, by_day in agents.items():
        figures = together(each for day, each in by_day.items() if begin is None or day >= begin)
        columns = [{"begin": day.isoformat(), **by_day.get(day, NOTHING).json()} for day in shown_periods]
        if figures.requests or figures.total:
            found.append({"agent": agent, **figures.json(), "columns": columns})
    found.sort(key=lambda each: (-each["total"], -each["requests"], each["agent"]))
    rest = together(Measured(each["segments"], each["requests"]) for each in found[_MOST_KEPT:])
    return {
        "title": _title(asked, found),
        "period": period,
        "begin": begin.isoformat() if begin else None,
        "agents": found[:_MOST_KEPT],
        "more": max(0, len(found) - _MOST_KEPT),
        "rest": rest.json(),
    }


_PERIODS: dict[str, Callable[[date, date], Iterator[date]]] = {
    "day": lambda first, last: every(first, last, 1),
    "week": lambda first, last: every(monday(first), last, 7),
    "month": months,
}


def _period(site: Site, today: date) -> str:
    """What a column of all time is: a week, or of a long time a month."""
    with reading(site.ledger) as conn:
        first, last = extent(conn) if conn else (0, -1)
    long = first <= last and today - datetime.fromtimestamp(first / 1000).date() > _BY_WEEK
    return "month" if long else "week"


def _first_of(key: str) -> date:
    """The first day of a period, by its name in the ledger's figures."""
    return date.fromisoformat(key if len(key) > len("2026-11") else f"{key}-01")


def _last_of(first: date, period: str) -> date:
    if period == "month":
        return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first + timedelta(days=6 if period == "week" else 0)


def _title(asked: Asked, found: list[Data]) -> str:
    when, measure = IN_WORDS[asked.range], MEASURES[asked.by][0]
    used = [each for each in found if each["total"]]
    if not used:
        return f"No agent has {any_of(asked.by)} {when}"
    if len(used) == 1:
        return f"Only {name(used[0]['agent'])} has {measure} {when}, {percent(used[0]['open_share'])} from open models"
    ranked = sorted((each for each in used if each["requests"] >= FEW), key=lambda each: -each["open_share"])
    if len(ranked) < 2:
        share = together(Measured(each["segments"], 0) for each in used).open_share or 0.0
        return f"{len(used)} agents have {measure} {when}, {percent(share)} from open models"
    first, last = ranked[0], ranked[-1]
    if percent(first["open_share"]) == percent(last["open_share"]):
        return f"All {len(ranked)} agents that work a good deal use open models alike: {percent(first['open_share'])}"
    return (
        f"{name(first['agent'], 40)} uses open models the most, for {percent(first['open_share'])} of its {measure}; "
        f"{name(last['agent'], 40)} the least, for {percent(last['open_share'])}"
    )


def _view(data: Data) -> Data:
    by: By = data["by"]
    begin = date.fromisoformat(data["begin"]) if data["begin"] else None
    period = data["period"]
    shown_agents, rows = [], []
    for each in data["agents"]:
        agent = each["agent"]
        figures = Measured(each["segments"], each["requests"])
        periods = []
        for column in each["columns"]:
            first = date.fromisoformat(column["begin"])
            last = _last_of(first, period)
            of_day = Measured(column["segments"], column["requests"])
            when = _NAMES[period].format(day=first, name=day_name(first))
            hint = f"{when}: {amount(of_day.total, by)}. {parts(of_day)}" if of_day.total else f"{when}: nothing"
            address = requests_address(first, last, agent=agent) if of_day.requests else ""
            label = f"{first:%b} {first.year}" if period == "month" else day_name(first)
            periods.append(Period(label, hint, of_day, address, begin is not None and first < begin))
        address = requests_address(begin, agent=agent)
        share = figures.open_share
        said = "nothing" if share is None else f"{percent(share)} open"
        words = f"{name(agent)}: {said} of {amount(figures.total, by)}. {parts(figures)}"
        shown_agents.append(
            {
                "name": name(agent),
                "address": address,
                "share": said,
                "total": shown(figures.total, by),
                "plot": shares(periods, words, labels=2),
            }
        )
        rows.append((Cell(name(agent), address), *split_cells(figures, by)))
    if data["more"]:
        figures = Measured(data["rest"]["segments"], data["rest"]["requests"])
        rows.append((Cell(f"{data['more']} others"), *split_cells(figures, by)))
    return {
        "shown": shown_agents[:_MOST],
        "more": max(0, len(shown_agents) - _MOST) + data["more"],
        "measure": MEASURES[by][0],
        "table": table("Agents", split_head("Agent", by), rows),
        "rows": requests_address(begin),
        "keys": keys_of(each["segments"] for each in data["agents"]),
    }


AGENTS = Question("agents", "Which agent?", _data, _view)
