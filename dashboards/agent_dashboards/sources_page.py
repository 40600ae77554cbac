"""What the figures rest on: the sources, what was not counted of them and why, and how to add one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from agent_dashboards.addresses import requests_address
from agent_dashboards.number_format import percent, whole
from agent_dashboards.plots.bars import Item, bars
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.shown_name import name
from agent_dashboards.site import Data, Drawn, Site
from agent_dashboards.time_range import day_name
from agent_telemetry.coverage import coverage

_NAMES = {"proxy": "The router", "otlp": "OpenTelemetry"}
_WHY = {
    "proxied": "passed through the router too",
    "logged": "in the agent's log too",
    "told twice": "told by another signal too",
    "copied": "copied into a forked or resumed session",
    "repeated": "written several times while they were streamed",
}


class SourcesQuery(msgspec.Struct, frozen=True):
    """Nothing: all of the ledger."""


def add_sources(site: Site) -> None:
    """`/sources`, with its twin."""

    async def page(_: SourcesQuery) -> Drawn:
        values = site.settings().get("values", {})
        keep_days = values.get("ledger.keep_days", {}).get("value")

        def read() -> Drawn:
            data = _read(site) | {"keep_days": keep_days}
            return Drawn(data, {"section": site.fragment("sources_section.html", data | _lines(data))})

        drawn: Drawn = await site.kept.get(("sources", keep_days), read)
        return drawn

    site.page("/sources", "sources.html", SourcesQuery, page)


def _read(site: Site) -> Data:
    sources: list[dict[str, Any]] = [msgspec.structs.asdict(source) for source in coverage(site.ledger)]
    sources.sort(key=lambda each: (-each["calls"], each["name"]))
    calls = sum(each["calls"] for each in sources)
    dropped = sum(sum(each["dropped"].values()) for each in sources)
    unpriced = sum(each["unpriced"] for each in sources)
    return {
        "title": _title(len([each for each in sources if each["calls"]]), calls, dropped),
        "calls": calls,
        "dropped": dropped,
        "unpriced": unpriced,
        "sources": sources,
    }


def _title(sources: int, calls: int, dropped: int) -> str:
    if not calls:
        return "These figures rest on nothing yet"
    said = f"These figures rest on {_number(calls, 'call')} from {_number(sources, 'source')}"
    if not dropped:
        return f"{said}; none was seen twice"
    return f"{said}; {_number(dropped, 'duplicate')} {'was' if dropped == 1 else 'were'} left out"


def _number(number: int, noun: str) -> str:
    return f"one {noun}" if number == 1 else f"{whole(number)} {noun}s"


def _lines(data: Data) -> Data:
    return {"lines": [_line(each, data["calls"]) for each in data["sources"]]}


def _line(source: dict[str, Any], calls: int) -> dict[str, Any]:
    return {
        "name": source_name(source["name"]),
        "address": requests_address(source=source["name"]),
        "calls": whole(source["calls"]),
        "share": percent(source["calls"] / calls) if calls and source["calls"] else "–",
        "logs": _number(source["logs"], "log") if source["logs"] else "",
        "dropped": whole(sum(source["dropped"].values())),
        "why": _reasons({_WHY.get(why, name(why, 60)): number for why, number in source["dropped"].items()}),
        "skipped": whole(sum(source["skipped"].values())),
        "skipped_why": _reasons(source["skipped"]),
        "unknown": _reasons(source["unknown"]),
        "unpriced": whole(source["unpriced"]),
        "first": _day(source["first"]),
        "last": _day(source["last"]),
    }


def source_name(source: str) -> str:
    """A source in words."""
    return _NAMES.get(source) or name(source, 60)


def _reasons(counts: dict[str, int]) -> str:
    most = sorted(((number, why) for why, number in counts.items() if number), reverse=True)
    said = [f"{whole(number)} {name(why, 60)}" for number, why in most[:6]]
    if len(most) > 6:
        said.append(f"{len(most) - 6} reasons more")
    return ", ".join(said)


def _day(iso: str | None) -> str:
    return day_name(datetime.fromisoformat(iso).astimezone().date(), year=True) if iso else "–"


def _question_data(site: Site, asked: Asked, today: date) -> Data:
    return _read(site)


def _question_view(data: Data) -> Data:
    items, rows = [], list[list[Cell | str]]()
    for each in data["sources"]:
        dropped = sum(each["dropped"].values())
        address = requests_address(source=each["name"])
        words = f"{source_name(each['name'])}: {whole(each['calls'])} calls, {whole(dropped)} duplicates left out"
        if each["calls"] or dropped:
            values = {"ink": float(each["calls"]), "left-out": float(dropped)}
            items.append(
                Item(source_name(each["name"]), values, f"{whole(each['calls'])} calls", words, address=address)
            )
        rows.append(
            [
                Cell(source_name(each["name"]), address),
                *(whole(each[key]) for key in ("logs", "calls")),
                *(whole(each["dropped"].get(why, 0)) for why in _WHY),
                *(whole(sum(each[key].values())) for key in ("skipped", "unknown")),
                whole(each["unpriced"]),
                _day(each["first"]),
                _day(each["last"]),
            ]
        )
    head = ["Source", "Logs", "Calls", "Proxied too", "In a log too", "Told twice", "Copied", "Repeated"]
    return {
        "bars": bars(items),
        "unpriced": whole(data["unpriced"]) if data["unpriced"] else "",
        "table": table("Sources", [*head, "No calls", "Unknown fields", "Without a price", "First", "Last"], rows),
        "rows": "",
    }


COVERAGE = Question("coverage", "What do these figures rest on?", _question_data, _question_view)
