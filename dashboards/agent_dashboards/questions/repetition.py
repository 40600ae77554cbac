"""How much of it repeats, and what has each family earned, or would it save?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import FEW, By
from agent_dashboards.number_format import money, percent, whole
from agent_dashboards.plots.bars import Item, bars
from agent_dashboards.plots.columns import Amount, columns
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.shown_name import name
from agent_dashboards.site import Data, Site
from agent_dashboards.task_words import task_words
from agent_dashboards.time_range import IN_WORDS, Range, day_name, every, first_day, midnight, monday
from agent_telemetry.family_figures import FamilyFigures, family_figures
from agent_telemetry.repetition import OFTEN, WITHIN, RepetitionWeek, repetition

_WEEKS = 13  # which also stand for all time: what a family was years ago says nothing of what repeats
_WHEN: dict[Range, str] = {**IN_WORDS, "all": f"in the last {_WEEKS} weeks"}
_MOST = 12
_MOST_IN_TABLE = 200
_OF: dict[By, tuple[str, str, str]] = {
    "output": ("output", "repeated_output", "output tokens"),
    "requests": ("requests", "repeated", "requests"),
    "tokens": ("tokens", "repeated_tokens", "all tokens"),
    "money": ("requests", "repeated", "requests"),  # what repeats has no money of its own
}


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    since = midnight(begin) if begin else None
    whole_key, part_key, measure = _OF[asked.by]
    first = monday(today) - timedelta(weeks=_WEEKS - 1)
    with ThreadPoolExecutor(1) as beside:  # SQLite reads both at once
        figures = beside.submit(family_figures, site.ledger, site.classify, since=since)
        weeks = repetition(site.ledger, since=midnight(first))
        ranged = weeks if begin is None else repetition(site.ledger, since=since)
        families = [each for each in figures.result() if each.requests]
    total, repeated = (sum(getattr(week, key) for week in ranged) for key in (whole_key, part_key))
    asked_for = sum(week.requests for week in ranged)
    earned = _sum(families, "earned")
    would_save = _sum([each for each in families if each.requests >= OFTEN], "would_save")
    return {
        "title": _title(
            _WHEN[asked.range], measure, asked_for, repeated / total if total else None, earned, would_save
        ),
        "begin": begin.isoformat() if begin else None,
        "measure": measure,
        "requests": asked_for,
        "repeated_share": repeated / total if total else None,
        "earned": earned,
        "would_save": would_save,
        "weeks": [_week(week, whole_key, part_key) for week in weeks],
        "families": len(families),
        "most": [_family(each) for each in families[:_MOST_IN_TABLE]],
    }


def _sum(families: list[FamilyFigures], key: str) -> float | None:
    known = [value for each in families if (value := getattr(each, key)) is not None]
    return sum(known) / 1_000_000 if known or not families else None


def _week(week: RepetitionWeek, whole_key: str, part_key: str) -> dict[str, Any]:
    total, repeated = getattr(week, whole_key), getattr(week, part_key)
    return {
        "week": week.week,
        "requests": week.requests,
        "total": total,
        "repeated": repeated,
        "share": repeated / total if total else None,
        "families": week.families,
        "repeated_families": week.repeated_families,
    }


def _family(family: FamilyFigures) -> dict[str, Any]:
    return {
        "name": family.name,
        "kind": family.kind,
        "label": family.label,
        "rung": family.rung,
        "pin": family.pin,
        "mean": family.mean,
        "requests": family.requests,
        "local": family.local,
        "escalated": family.escalated,
        "earned": None if family.earned is None else family.earned / 1_000_000,
        "would_save": None if family.would_save is None else family.would_save / 1_000_000,
    }


def _title(
    when: str, measure: str, requests: int, share: float | None, earned: float | None, would_save: float | None
) -> str:
    if not requests:
        return f"Nothing passed through the router {when}, and so nothing is known of what repeats"
    if share is None:
        return f"There are no {measure} {when}, and so nothing repeats"
    said = f"{percent(share)} of {measure} {when} repeat"
    if requests < FEW:
        return f"{said}, of only {'one request' if requests == 1 else f'{requests} requests'}"
    money_said = []
    if earned:
        money_said.append(f"local answers have earned {money(earned)}")
    if would_save:
        begin, end = ("and would save", " more") if earned else ("local answers would save", "")
        money_said.append(f"{begin} {money(would_save)}{end}")
    return said + ("; " + " ".join(money_said) if money_said else "")


def _view(data: Data) -> Data:
    begin = date.fromisoformat(data["begin"]) if data["begin"] else None
    by_week = {date.fromisoformat(each["week"]): each for each in data["weeks"]}
    amounts = []
    if by_week:
        for week in every(min(by_week), max(by_week), 7):
            found = by_week.get(week)
            hint = f"Week of {day_name(week)}: nothing"
            if found and found["share"] is not None:
                figures = f"{whole(found['repeated'])} of {whole(found['total'])} {data['measure']}"
                hint = f"Week of {day_name(week)}: {percent(found['share'])} repeat, {figures}"
            share = (found["share"] or 0.0) if found else 0.0
            address = requests_address(week, week + timedelta(days=6)) if found else ""
            amounts.append(Amount(day_name(week), hint, share, address))
    items, rows = list[Item](), list[list[Cell | str]]()
    for each in data["most"]:
        address = f"/families/{quote(each['name'], safe='', errors='replace')}"
        label = f"{task_words(each['kind'])}: {name(each['label'], 90)}" if each["label"] else name(each["name"])
        worth = _worth(each)
        hint = f"{label}: {whole(each['requests'])} requests, {whole(each['local'])} answered locally. {worth}"
        if len(items) < _MOST:
            values = {"ink": float(each["local"]), "left-out": float(each["requests"] - each["local"])}
            items.append(Item(label, values, worth, hint, address=address))
        rows.append(
            [
                Cell(label, address),
                f"pinned {name(each['pin'], 20)}" if each["pin"] else name(each["rung"] or "–", 20),
                *(whole(each[key]) for key in ("requests", "local", "escalated")),
                "–" if each["mean"] is None else percent(each["mean"]),
                money(each["earned"]),
                money(each["would_save"]),
            ]
        )
    head = ["Family", "Stands", "Requests", "Local", "Escalated", "Estimate", "Earned", "Would save"]
    words = f"The share of {data['measure']} by week that repeat. {data['title']}."
    return {
        "plot": columns(amounts, words, most=1.0, labels=5),
        "bars": bars(items),
        "often": OFTEN,
        "within": WITHIN,
        "more": max(0, data["families"] - len(items)),
        "table": table("Families, those with the most requests first", head, rows, names=2),
        "rows": requests_address(begin, source="proxy"),
    }


def _worth(family: Data) -> str:
    if family["earned"]:
        return f"earned {money(family['earned'])}"
    if family["would_save"]:
        return f"would save {money(family['would_save'])}"
    return "–"


REPETITION = Question("repetition", "How much of it repeats?", _data, _view)
