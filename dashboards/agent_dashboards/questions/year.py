"""On which days? A year of days, coloured by the open share."""

from __future__ import annotations

from datetime import date, timedelta

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import By, Measured, amount, any_of, measured
from agent_dashboards.number_format import percent
from agent_dashboards.plots.calendar import LEVELS, Shade, calendar
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.questions.split_table import split_cells, split_head
from agent_dashboards.site import Data, Site
from agent_dashboards.split_bar import MEASURES
from agent_dashboards.time_range import day_name, midnight, monday
from agent_telemetry.trend import trend

_WEEKS = 53


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = monday(today) - timedelta(weeks=_WEEKS - 1)
    rows = trend(site.ledger, site.classify, ("day",), since=midnight(begin), until=midnight(today + timedelta(days=1)))
    days = [{"day": row.keys[0], **measured(row, asked.by).json()} for row in rows]
    return {
        "title": _title([day for day in days if day["total"]], asked.by),
        "begin": begin.isoformat(),
        "end": today.isoformat(),
        "days": days,
    }


def _title(days: list[Data], by: By) -> str:
    measure = MEASURES[by][0]
    if not days:
        return f"No day of the last year has {any_of(by)}"
    if len(days) == 1:
        share, day = percent(days[0]["open_share"]), day_name(date.fromisoformat(days[0]["day"]))
        return f"One day so far, {day}: {share} of {measure} from open models"
    mostly = sum(1 for day in days if day["open_share"] > 0.5)
    if mostly == len(days):
        return f"Open models had most of the {measure} on each of {len(days)} days with any"
    return f"Open models had most of the {measure} on {mostly} of {len(days)} days with any"


def _view(data: Data) -> Data:
    by: By = data["by"]
    days: dict[date, Shade] = {}
    rows = []
    for each in data["days"]:
        day = date.fromisoformat(each["day"])
        figures = Measured(each["segments"], each["requests"])
        if not figures.total:
            continue
        share = figures.open_share
        address = requests_address(day, day) if figures.requests else ""
        hint = f"{day:%a}, {day_name(day, year=True)}: {percent(share or 0.0)} open of {amount(figures.total, by)}"
        days[day] = Shade(share, hint, address)
        rows.append((Cell(f"{day:%a}, {day_name(day, year=True)}", address), *split_cells(figures, by)))
    last = date.fromisoformat(data["end"])
    return {
        "plot": calendar(days, last, f"A year by day, coloured by open share. {data['title']}.", _WEEKS),
        "levels": range(LEVELS + 1),
        "table": table("Days with any use", split_head("Day", by), rows[::-1]),
        "rows": requests_address(date.fromisoformat(data["begin"])),
    }


YEAR = Question("year", "On which days?", _data, _view)
