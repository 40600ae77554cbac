"""The page of one family: where it stands and why, how it came there, and the user's word about it."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Literal

import msgspec

from agent_dashboards.addresses import family_address, requests_address
from agent_dashboards.families_page import LADDER, family_object, iso, shown_family
from agent_dashboards.measured import Measured
from agent_dashboards.number_format import percent, whole
from agent_dashboards.page_error import PageError
from agent_dashboards.plots.shares import Period, shares
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.split_table import keys_of
from agent_dashboards.request_row import request_row, shown
from agent_dashboards.shown_name import name as named
from agent_dashboards.site import Data, Drawn, Site
from agent_dashboards.split_bar import SEGMENTS
from agent_dashboards.task_words import task_words
from agent_dashboards.time_range import day_name, every
from agent_telemetry import learned
from agent_telemetry.calls import CallFilter, calls
from agent_telemetry.family_figures import FamilyHistory, family_figures, family_history

_LAST = 20  # requests
_MOST_PERIODS = 104  # in the plot


class FamilyQuery(msgspec.Struct, frozen=True):
    """`done`: what has just been changed here."""

    done: Literal["", "pin", "forget"] = ""


class PinForm(msgspec.Struct, frozen=True):
    """Which side, or none to let the ladder decide."""

    route: Literal["local", "closed", "none"]


class ForgetForm(msgspec.Struct, frozen=True):
    """Nothing but the token."""


def add_family(site: Site) -> None:
    """`/families/{name}` and its twin; pinning and forgetting it."""

    async def data(query: FamilyQuery, name: str) -> Drawn:
        read = partial(family_figures, site.ledger, site.classify)
        everything, (history, last, pin) = await asyncio.gather(
            site.kept.get(("families", "all"), read), asyncio.to_thread(_read, site, name)
        )
        family = next((each for each in everything if each.name == name), None)
        if family is None:
            raise PageError(404, "There is no such family. It may have been forgotten; it begins anew when it returns.")
        family = msgspec.structs.replace(family, pin=pin)
        rows = [request_row(call, site.classify) for call in last]
        found = {
            "family": family_object(family),
            "moves": [msgspec.to_builtins(move) | {"time": iso(move.time)} for move in history.moves],
            "history": {"unit": history.unit, "periods": [msgspec.to_builtins(each) for each in history.periods]},
            "requests": rows,
        }
        return Drawn(found, _view(site, query, found, history))

    async def pin(form: PinForm, name: str) -> str:
        await asyncio.to_thread(_must_exist, site, name)
        side = None if form.route == "none" else form.route
        await asyncio.to_thread(learned.pin, site.ledger, name, side)
        site.kept.clear()
        return f"{family_address(name)}?done=pin"

    async def forget(form: ForgetForm, name: str) -> str:
        await asyncio.to_thread(_must_exist, site, name)
        await asyncio.to_thread(learned.forget, site.ledger, name)
        site.kept.clear()
        history = await asyncio.to_thread(family_history, site.ledger, name, site.classify)
        return f"{family_address(name)}?done=forget" if history.periods else "/families?done=forget"

    site.action("/families/{name:path}/pin", PinForm, pin)
    site.action("/families/{name:path}/forget", ForgetForm, forget)
    site.page("/families/{name:path}", "family.html", FamilyQuery, data)


def _must_exist(site: Site, name: str) -> None:
    known = any(family.name == name for family in learned.families(site.ledger))
    if not known and not family_history(site.ledger, name, site.classify).periods:
        raise PageError(404, "There is no such family.")


def _read(site: Site, name: str) -> tuple[FamilyHistory, list[Any], str | None]:
    history = family_history(site.ledger, name, site.classify)
    last = calls(site.ledger, CallFilter(family=name), site.classify, _LAST).rows
    pin = next((pin.route for pin in learned.pins(site.ledger) if pin.family == name), None)
    return history, last, pin


def _view(site: Site, query: FamilyQuery, data: Data, history: FamilyHistory) -> Data:
    family = shown_family(data["family"])
    name = family["name"]
    moves = [
        {"when": _day(iso(move.time)), "before": move.before, "after": move.after, "why": move.why}
        for move in history.moves
    ]
    lower = family["lower"] if family["bound"] else None
    return {
        "line": family,
        "title": family["label"] or name,
        "kind": task_words(family["kind"]),
        "ladder": LADDER,
        "done": query.done,
        "said": _said(query, family),
        "moved": moves,
        "interval": None if lower is None else (max(lower, 0.0), min(family["mean"], 1.0)),
        "seen": [_day(at) if at else "" for at in (family["first_seen"], family["last_seen"])],
        "rows": [shown(row) for row in data["requests"]],
        "all_requests": requests_address(family=name),
        "pin_action": f"{family_address(name)}/pin",
        "pin_token": site.tokens.make(f"/families/{name}/pin"),
        "forget_action": f"{family_address(name)}/forget",
        "forget_token": site.tokens.make(f"/families/{name}/forget"),
        **_history(history, name),
    }  # fmt: skip


def _said(query: FamilyQuery, family: Data) -> str:
    """What the last change has come to, as the ledger has it now."""
    if query.done == "pin" and family["pin"]:
        return f"Pinned {family['pin']}. A running router takes it within two seconds."
    if query.done == "pin":
        return "Not pinned any more: the ladder decides. A running router takes it within two seconds."
    if query.done == "forget" and not family["known"]:
        return "What was learnt of it is forgotten; it begins anew when it is asked again. Its requests are still here."
    return ""


def _history(history: FamilyHistory, name: str) -> Data:
    """The plot of its requests over time, and the table behind it."""
    days = 1 if history.unit == "day" else 7
    by_day = {date.fromisoformat(each.period): each for each in history.periods}
    periods: list[Period] = []
    rows: list[tuple[Cell | str, ...]] = []
    until = datetime.now().date() + timedelta(days=1)  # what a wrong clock dates later is in the table alone
    ends = [day for day in by_day if day <= until]
    begin = max(min(ends), max(ends) - timedelta(days=days * (_MOST_PERIODS - 1))) if ends else until
    for first in sorted({*(every(begin, max(ends), days) if ends else ()), *by_day}):
        each = by_day.get(first)
        parts = {key.replace("/", "-"): float(count) for key, count in each.segments.items()} if each else {}
        requests, local, escalated = (each.requests, each.local, each.escalated) if each else (0, 0, 0)
        when = f"{first:%a}, {day_name(first)}" if days == 1 else f"Week of {day_name(first)}"
        plotted = begin <= first <= until
        address = requests_address(first, first + timedelta(days=days - 1), family=name) if plotted and requests else ""
        hint = f"{when}: {whole(requests)} requests, {whole(local)} local, {whole(escalated)} escalated"
        if plotted:
            periods.append(Period(day_name(first), hint, Measured(parts, requests), address))
        if each:
            cells = (whole(requests), whole(local), whole(escalated), whole(each.output))
            of = (percent(parts[key] / requests) if requests and parts.get(key) else "–" for key in SEGMENTS)
            rows.append((Cell(f"{when}, {first.year}", address), *cells, *of))
    total = sum(each.requests for each in history.periods)
    local = sum(each.local for each in history.periods)
    words = f"{named(name)}: {whole(total)} requests by {history.unit}, {whole(local)} of them answered locally."
    head = [history.unit.capitalize(), "Requests", "Local", "Escalated", "Output tokens", *SEGMENTS.values()]
    return {
        "plot": shares(periods, words),
        "keys": keys_of(period.figures.values for period in periods),
        "table": table("The family's requests", head, rows),
        "total": total,
    }  # fmt: skip


def _day(time: str) -> str:
    local = datetime.fromisoformat(time).astimezone()
    return f"{local:%b} {local.day}, {local:%Y, %H:%M}"
