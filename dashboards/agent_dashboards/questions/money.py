"""What did it cost? Billed, at list prices, and avoided: three figures that are never added up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from agent_dashboards.addresses import requests_address
from agent_dashboards.number_format import money, whole
from agent_dashboards.plots.columns import Amount, columns
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.site import Data, Site
from agent_dashboards.time_range import IN_WORDS, axis_name, day_name, every, first_day, midnight, monday, plotted_from
from agent_telemetry.split import Leaf
from agent_telemetry.trend import trend

_BY_DAY = 45
_SHOWN_WITH_TODAY = 7
_KINDS = {
    "billed": ("Billed", "what providers charge for these calls"),
    "equivalent": ("At list prices", "what the same tokens would have cost by the token, on a plan or not"),
    "avoided": ("Avoided", "what the closed side would have charged for what was answered locally"),
}


class Money(NamedTuple):
    """USD; None where nothing is known. `unpriced` requests have no known price, and are left out of `billed`."""

    billed: float | None = None
    equivalent: float | None = None
    avoided: float | None = None
    requests: int = 0
    unpriced: int = 0


def _money(leaf: Leaf) -> Money:
    return Money(**leaf["cost"], requests=leaf["requests"], unpriced=leaf["unpriced"])


def _sum(parts: Iterable[Money]) -> Money:
    total = Money()
    for part in parts:
        known = {name: _plus(getattr(total, name), getattr(part, name)) for name in _KINDS}
        total = Money(**known, requests=total.requests + part.requests, unpriced=total.unpriced + part.unpriced)
    return total


def _plus(a: float | None, b: float | None) -> float | None:
    return a if b is None else b if a is None else a + b


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    since = begin - timedelta(days=_SHOWN_WITH_TODAY - 1) if begin and asked.range == "today" else begin
    rows = trend(site.ledger, site.classify, ("day",), since=midnight(since) if since else None)
    by_day = {date.fromisoformat(row.keys[0]): _money(row.leaf) for row in rows}
    since = since or plotted_from(min(by_day, default=today), today)
    step = 7 if (today - since).days > _BY_DAY else 1
    since = monday(since) if step == 7 else since
    total = _sum(each for day, each in by_day.items() if begin is None or day >= begin)
    periods = [
        {
            "begin": day.isoformat(),
            **_sum(by_day[each] for each in every(day, day + timedelta(days=step - 1), 1) if each in by_day)._asdict(),
        }
        for day in every(since, today, step)
    ]
    return {
        "title": _title(total, IN_WORDS[asked.range]),
        "period": "week" if step == 7 else "day",
        "begin": (begin or since).isoformat(),
        **total._asdict(),
        "columns": periods,
    }


def _title(total: Money, when: str) -> str:
    if not total.requests:
        return f"Nothing was asked {when}, and nothing was billed"
    avoided = f"; answering locally avoided {money(total.avoided)}" if total.avoided else ""
    if total.billed is None:
        if total.equivalent:
            return f"What was billed {when} is not known; at list prices it is {money(total.equivalent)}{avoided}"
        return f"What was billed {when} is not known{avoided}"
    left_out = ""
    if total.unpriced:
        left_out = f", {whole(total.unpriced)} of {whole(total.requests)} requests left out, whose price is not known"
    return f"{money(total.billed)} was billed {when}{left_out}{avoided}"


def _view(data: Data) -> Data:
    begin = date.fromisoformat(data["begin"])
    days = 7 if data["period"] == "week" else 1
    rows, hints = list[list[Cell | str]](), list[tuple[str, str, str]]()
    for each in data["columns"]:
        first = date.fromisoformat(each["begin"])
        last = first + timedelta(days=days - 1)
        when = f"Week of {day_name(first)}" if days == 7 else f"{first:%a}, {day_name(first)}"
        address = requests_address(first, last) if each["requests"] else ""
        hints.append((axis_name(first, data["columns"][0]["begin"]), when, address))
        figures = [money(each[kind]) for kind in _KINDS]
        rows.append([Cell(when, address), *figures, whole(each["requests"]), whole(each["unpriced"])])
    most = max((each[kind] or 0.0 for kind in _KINDS for each in data["columns"]), default=0.0)
    plots: list[dict[str, Any]] = []
    for kind, (title, meaning) in _KINDS.items():
        amounts = [
            Amount(label, f"{when}: {money(each[kind])}", each[kind] or 0.0, address)
            for (label, when, address), each in zip(hints, data["columns"], strict=True)
        ]
        words = f"{title} by {data['period']}, {money(data[kind])} in all: {meaning}."
        plots.append(
            {
                "name": title,
                "meaning": meaning,
                "total": money(data[kind]),
                "plot": columns(amounts, words, most=most, labels=2),
            }
        )
    head = [data["period"].capitalize(), *(title for title, _ in _KINDS.values()), "Requests", "Without a price"]
    return {
        "plots": plots,
        "most": money(most),
        "table": table(f"Money by {data['period']}", head, rows[::-1]),
        "rows": requests_address(begin) if data["range"] != "all" else requests_address(),
    }


MONEY = Question("money", "What did it cost?", _data, _view)
