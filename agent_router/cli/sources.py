"""`agent-router sources`: what the figures rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_router.cli.ledger_faults import read_faults
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.import_settings import import_settings
from agent_router.importers import importers
from agent_router.paths import LEDGER, data_path
from agent_telemetry.coverage import OTLP, PROXY, Source, coverage
from agent_telemetry.importers.home import Home


def sources(as_json: bool = JSON_OPTION) -> None:
    """Show where the figures come from: which logs were read, what was not counted, and why.

    A call that a log tells of several times, that a forked or resumed session copied, or that passed through the router
    as well, counts once; here is how many such were dropped.
    """
    with friendly(as_json):
        chosen = importers(import_settings().without)
        path = data_path() / LEDGER
        with read_faults(path):
            found = {source.name: source for source in coverage(path)}
        home = Home.here()
        places = {each.name: [str(folder) for folder in each.folders(home)] for each in chosen}
        titles = {each.name: each.title for each in chosen} | {PROXY: "agent-router itself", OTLP: "OpenTelemetry"}
        names = [PROXY, *places, *(name for name in found if name not in places and name != PROXY)]
        if as_json:
            rows = [_object(name, titles, places, found.get(name) or Source(name)) for name in names]
            print_json({"sources": rows, "dropped": _dropped(found)})
            return
        _show(names, titles, places, found)


def _object(name: str, titles: dict[str, str], places: dict[str, list[str]], source: Source) -> dict[str, Any]:
    return {
        "source": name,
        "title": titles.get(name, name),
        "folders": places.get(name, []),
        "logs": source.logs,
        "calls": source.calls,
        "first": source.first,
        "last": source.last,
        "duplicates_dropped": source.dropped,
        "not_counted": source.skipped,
        "unknown_fields": source.unknown,
        "unpriced": source.unpriced,
    }


def _dropped(found: dict[str, Source]) -> dict[str, int]:
    """Duplicates by reason, of all sources together."""
    total: dict[str, int] = {}
    for source in found.values():
        for why, number in source.dropped.items():
            total[why] = total.get(why, 0) + number
    return total


def _show(names: list[str], titles: dict[str, str], places: dict[str, list[str]], found: dict[str, Source]) -> None:
    from agent_router.cli.output import console, table

    rows, notes = [], []
    for name in names:
        source = found.get(name) or Source(name)
        if not source.calls and not source.logs and name != PROXY:
            continue
        rows.append(
            [
                titles.get(name, name),
                f"{source.logs:,}" if name not in (PROXY, OTLP) else "",
                f"{source.calls:,}",
                f"{sum(source.dropped.values()):,}",
                (source.first or "")[:10],
                (source.last or "")[:10],
            ]
        )
        notes += [f"{titles.get(name, name)}: {sentence}" for sentence in _notes(source)]
    columns = ["source", "logs", "calls", "duplicates", "first", "last"]
    console.print(table("", columns, rows, right=columns[1:4]), "")
    for note in notes:
        console.print(note, markup=False)
    missing = [name for name in places if not (found.get(name) or Source(name)).logs]
    if missing:
        console.print("No logs of these, in:", markup=False)
        for name in missing:
            shown = ", ".join(_short(folder) for folder in places[name][:3])
            console.print(f"  {titles[name]}: {shown}", markup=False)


_DROPPED = {
    "copied": ("copied into a forked or resumed session", "copied into forked or resumed sessions"),
    "repeated": ("repeat of a call while it was streamed", "repeats of calls while they were streamed"),
    "proxied": ("also passed through the router", "also passed through the router"),
    "logged": ("also in the agent's log", "also in agents' logs"),
    "told twice": ("also told of by another signal", "also told of by other signals"),
}


def _notes(source: Source) -> list[str]:
    notes = [
        f"{number:,} {_DROPPED[why][number != 1] if why in _DROPPED else why}" for why, number in source.dropped.items()
    ]
    said = [f"{', '.join(notes)}: dropped."] if notes else []
    skipped = [f"{number:,} {why}" for why, number in source.skipped.items()]
    said += [f"not counted: {', '.join(skipped)}."] if skipped else []
    unknown = [f"{name} ({number:,})" for name, number in source.unknown.items()]
    said += [f"fields that agent-router does not know: {', '.join(unknown)}."] if unknown else []
    said += [f"{source.unpriced:,} calls without a known price."] if source.unpriced else []
    return said


def _short(folder: str) -> str:
    home = str(Path.home())
    return f"~{folder[len(home) :]}" if folder.startswith(home) else folder
