"""Whose models? The labs, where they sit, and under which licence their models are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import By, Measured, amount, any_of, measured, parts, shown, together
from agent_dashboards.number_format import percent
from agent_dashboards.plots.bars import Bar, Item, bars
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.questions.split_table import keys_of, split_cells, split_head
from agent_dashboards.shown_name import name
from agent_dashboards.site import Data, Site
from agent_dashboards.split_bar import MEASURES
from agent_dashboards.time_range import IN_WORDS, first_day, midnight
from agent_dashboards.used_models import UsedModel, used_models
from agent_telemetry.split import UNKNOWN

_MOST = 8


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    used = used_models(site, since=midnight(begin) if begin else None)
    labs = _grouped(used, asked.by, lambda each: (each.lab, each.lab_name))
    return {
        "title": _title(asked, labs),
        "begin": begin.isoformat() if begin else None,
        "labs": labs,
        "origins": _grouped(used, asked.by, lambda each: (each.family.country if each.family else "", each.country)),
        "licences": _grouped(used, asked.by, lambda each: (each.family.access if each.family else "", each.access)),
    }


def _grouped(used: list[UsedModel], by: By, key: Callable[[UsedModel], tuple[str, str]]) -> list[Data]:
    groups: dict[tuple[str, str], list[Measured]] = {}
    for each in used:
        groups.setdefault(key(each), []).append(measured(each.row, by))
    found = [{"key": slug, "name": words, **together(parts).json()} for (slug, words), parts in groups.items()]
    return sorted(
        (each for each in found if each["total"] or each["requests"]),
        key=lambda each: (-float(str(each["total"])), str(each["name"])),
    )


def _title(asked: Asked, labs: list[Data]) -> str:
    when, measure = IN_WORDS[asked.range], MEASURES[asked.by][0]
    total = sum(each["total"] for each in labs)
    if not total:
        return f"No model has {any_of(asked.by)} {when}"
    first = labs[0]
    said = f"{percent(first['total'] / total)} of {measure} {when}"
    known = name(first["name"], 40) if first["key"] != UNKNOWN else "labs that nobody knows"
    opened = [each for each in labs if each["open_share"] and each["open_share"] > 0.5 and each["key"] != UNKNOWN]
    if not opened or opened[0] is first:
        return f"Models of {known} have the most, {said}"
    best = opened[0]
    share = percent(best["total"] / total)
    return f"Models of {known} have the most, {said}; of the open labs {name(best['name'], 40)}, {share}"


def _view(data: Data) -> Data:
    by: By = data["by"]
    begin = date.fromisoformat(data["begin"]) if data["begin"] else None
    total = sum(each["total"] for each in data["labs"])

    def drawn(groups: list[Data], *, linked: bool = False) -> tuple[Bar, ...]:
        items = []
        most = _MOST if len(groups) > _MOST + 1 else len(groups)
        for each in groups[:most]:
            figures = Measured(each["segments"], each["requests"])
            if not figures.total:
                continue
            hint = f"{name(each['name'])}: {amount(figures.total, by)}. {parts(figures)}"
            address = requests_address(begin, lab=each["key"]) if linked else ""
            items.append(
                Item(name(each["name"]), figures.values, percent(figures.total / total), hint, address=address)
            )
        rest = [each for each in groups[most:] if each["total"]]
        if rest:
            others = together(Measured(each["segments"], each["requests"]) for each in rest)
            hint = f"{len(rest)} others: {amount(others.total, by)}"
            items.append(Item(f"{len(rest)} others", others.values, percent(others.total / total), hint))
        return bars(items)

    rows = []
    for what, groups in (("Lab", data["labs"]), ("Origin", data["origins"]), ("Licence", data["licences"])):
        for each in groups:
            address = requests_address(begin, lab=each["key"]) if what == "Lab" else ""
            figures = Measured(each["segments"], each["requests"])
            rows.append((Cell(name(each["name"]), address), what, *split_cells(figures, by)))
    first, *others = split_head("Name", by)
    return {
        "labs": drawn(data["labs"], linked=True),
        "origins": drawn(data["origins"]),
        "licences": drawn(data["licences"]),
        "total": shown(total, by),
        "table": table("Labs, origins and licences", [first, "Of", *others], rows, names=2),
        "rows": requests_address(begin),
        "keys": keys_of(each["segments"] for each in data["labs"]),
    }


LABS = Question("labs", "Whose models?", _data, _view)
