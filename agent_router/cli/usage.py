"""`agent-router usage`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_models.catalogue import Catalogue
from agent_router.cli.day import day
from agent_router.cli.ledger_faults import read_faults
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.paths import LEDGER, data_path
from agent_telemetry.breakdown import GROUPS, SEGMENTS, Row, breakdown
from agent_telemetry.ledger_reader import sums_by_day
from agent_telemetry.openness import classifier
from agent_telemetry.split import Classify, Leaf, split

VIEWS = {
    "today": "the split of today",
    "daily": "a row a day",
    "weekly": "a row a week",
    "monthly": "a row a month",
    "sessions": "the last sessions",
    "models": "a row a model",
    "agents": "a row an agent",
    "labs": "a row a lab",
    "tasks": "what was asked for (calls that passed through the router)",
}
METRICS = ("output", "requests", "input", "total", "cost")
_BY = {"daily": ("day",), "weekly": ("week",), "monthly": ("month",)} | {
    f"{group}s": (group,) for group in ("model", "agent", "lab")
}
_SESSIONS_SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """What is to be shown: of the calls from `since` on and before `until`, measured by `metric`."""

    view: str | None
    by: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    metric: str


def usage(
    view: Annotated[
        str | None, typer.Argument(help=f"{', '.join(VIEWS)}. [default: the split as a whole]", show_default=False)
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help=f"Rows for each of these as well: {', '.join(GROUPS)}.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From this day on (2026-11-21, yesterday), or the last days (7d).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Up to and with this day (2026-11-21).")] = None,
    metric: Annotated[
        str,
        typer.Option(help=f"What shares and order go by: {', '.join(METRICS)} (tokens, but for requests and cost)."),
    ] = "output",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print rows as CSV.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Show your open/closed split: tokens, requests and money, by openness, place, model, lab and agent.

    It reads the local ledger, which [bold]agent-router import[/bold] fills from your agents' own logs; no server need
    be running, and nothing is sent anywhere. Times are those of your time zone (TZ).

    [bold]agent-router usage daily --since 14d[/bold]             the last two weeks, a row a day
    [bold]agent-router usage models --by agent[/bold]             which agent uses which model
    [bold]agent-router usage monthly --by lab --metric cost[/bold]
    [bold]agent-router usage sessions --csv > sessions.csv[/bold]
    """
    asked = _asked(view, by, day(since, "--since"), day(until, "--until", whole=True), metric)
    with friendly(as_json):
        path = data_path() / LEDGER
        catalogue = Catalogue.load(data_path() / "catalogue.yaml")
        with read_faults(path, " If it is damaged, move it away; the router begins a new one."):
            _answer(asked, path, catalogue, as_csv=as_csv, as_json=as_json)


def _asked(view: str | None, by: str | None, since: datetime | None, until: datetime | None, metric: str) -> Asked:
    """BadParameter for what cannot be shown."""
    if view is not None and view not in VIEWS:
        raise typer.BadParameter(f"there is no view {view!r}. Views: {', '.join(VIEWS)}.", param_hint="VIEW")
    if metric not in METRICS:
        raise typer.BadParameter(f"{metric!r} is none of {', '.join(METRICS)}.", param_hint="--metric")
    group = by.strip().removesuffix("s") if by is not None and by.strip() not in GROUPS else (by or "").strip()
    if by is not None and group not in GROUPS:
        raise typer.BadParameter(f"{by!r} is none of {', '.join(GROUPS)}.", param_hint="--by")
    if group and view in ("sessions", "tasks"):
        raise typer.BadParameter(f"{view} are not divided any further.", param_hint="--by")
    if view == "today":
        since = since or datetime.combine(date.today(), time()).astimezone()
    keys = _BY.get(view or "", ())
    return Asked(view, keys if not group or group in keys else (*keys, group), since, until, metric)


def _answer(asked: Asked, path: Path, catalogue: Catalogue, *, as_csv: bool, as_json: bool) -> None:
    classify = classifier(catalogue)
    if as_json and not asked.by and asked.view in (None, "today"):
        print_json(split(path, classify, since=asked.since, until=asked.until))
        return
    columns, rows = _rows(asked, path, classify, everything=as_csv or as_json)
    if as_csv:
        _print_csv(columns, rows)
    elif as_json:
        print_json({"view": asked.view or "rows", "rows": [_object(columns, row) for row in rows]})
    else:
        from agent_router.cli import usage_text

        if asked.by or asked.view in ("sessions", "tasks"):
            usage_text.show_rows(asked, columns, rows, catalogue)
        else:
            usage_text.show_split(asked, path, classify, catalogue)


def _rows(
    asked: Asked, path: Path, classify: Classify, *, everything: bool
) -> tuple[tuple[str, ...], list[tuple[dict[str, Any], Row]]]:
    """The names of the rows' keys, and for each row what else is known of it beside its figures."""
    if asked.view == "sessions":
        from agent_telemetry.sessions import sessions

        limit = None if everything else _SESSIONS_SHOWN
        found = sessions(path, classify, since=asked.since, until=asked.until, limit=limit)
        known = [
            (
                {
                    "session": each.id,
                    "agent": each.agent,
                    "first": each.first.astimezone().isoformat(timespec="seconds"),
                    "last": each.last.astimezone().isoformat(timespec="seconds"),
                    "models": ", ".join(each.models),
                },
                each.row,
            )
            for each in found
        ]
        return ("session", "agent", "first", "last", "models"), known
    if asked.view == "tasks":
        from agent_telemetry.tasks import tasks

        asks = tasks(path, classify, since=asked.since, until=asked.until)
        asks.sort(key=lambda task: measure(task.row.leaf, asked.metric), reverse=True)
        return ("task", "families"), [({"task": task.kind, "families": task.families}, task.row) for task in asks]
    rows = breakdown(sums_by_day(path, since=asked.since, until=asked.until), classify, asked.by)
    if asked.by and asked.by[0] not in ("day", "week", "month"):
        totals: dict[str, float] = {}
        for row in rows:
            totals[row.keys[0]] = totals.get(row.keys[0], 0) + measure(row.leaf, asked.metric)
        rows.sort(key=lambda row: (-totals[row.keys[0]], row.keys[0], -measure(row.leaf, asked.metric)))
    elif len(asked.by) > 1:
        rows.sort(key=lambda row: (row.keys[0], -measure(row.leaf, asked.metric), row.keys[1]))
    return asked.by, [(dict(zip(asked.by, row.keys, strict=True)), row) for row in rows]


def measure(leaf: Leaf, metric: str) -> float:
    """A leaf's figure by which it is compared; money is what was billed, or would have been."""
    if metric == "cost":
        cost = leaf["cost"]
        return float(cost["billed"] or cost["equivalent"] or 0)
    return float(leaf["total_tokens" if metric == "total" else metric])


def _object(columns: Sequence[str], row: tuple[dict[str, Any], Row]) -> dict[str, Any]:
    known, figures = row
    return {name: known[name] for name in columns} | figures.leaf | {"segments": figures.segments}


def _print_csv(columns: Sequence[str], rows: list[tuple[dict[str, Any], Row]]) -> None:
    """RFC 4180; a name that a spreadsheet would take for a formula has an apostrophe before it."""
    figures = ("requests", "input", "cache_read", "cache_write", "output", "reasoning", "total_tokens", "failed",
               "unknown_usage", "unpriced")  # fmt: skip
    money = ("billed", "equivalent", "avoided")
    out = csv.writer(sys.stdout)
    parts = [f"output_{segment.replace('/', '_')}" for segment in SEGMENTS]
    out.writerow([*columns, *figures, *(f"{name}_usd" for name in money), *parts])
    for known, row in rows:
        out.writerow(
            [
                *(harmless(known[name]) for name in columns),
                *(row.leaf[name] for name in figures),
                *("" if row.leaf["cost"][name] is None else row.leaf["cost"][name] for name in money),
                *(row.segments.get(segment, {}).get("output", 0) for segment in SEGMENTS),
            ]
        )


def harmless(cell: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
