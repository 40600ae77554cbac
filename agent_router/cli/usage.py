"""`agent-router usage`."""

from __future__ import annotations

import re
import sqlite3
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from agent_models.catalogue import Catalogue
from agent_router import config as configuration
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json, table
from agent_router.errors import ConfigError
from agent_telemetry.openness import classifier
from agent_telemetry.split import split

_LAST = re.compile(r"([1-9][0-9]{0,4})d")


def usage(
    since: Annotated[str | None, typer.Option(help="From this day on (2026-11-21), or the last days (7d).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to and with this day (2026-11-21).")] = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Show your open/closed split: tokens, requests and money, by openness, model and agent.

    It reads the local ledger; no server need be running, and nothing is sent anywhere.
    """
    start, end = _day(since, "--since"), _day(until, "--until", whole=True)
    with friendly(as_json):
        loaded = configuration.load()
        catalogue = Catalogue.load(loaded.data / "catalogue.yaml")
        try:
            found = split(loaded.ledger, classifier(catalogue), since=start, until=end)
        except sqlite3.Error as error:
            raise ConfigError(
                f"The ledger {loaded.ledger} cannot be read: {error}. If it is damaged, move it away; the router "
                "begins a new one."
            ) from None
        if as_json:
            print_json(found)
            return
        _show(found)


def _day(text: str | None, option: str, *, whole: bool = False) -> datetime | None:
    """The beginning of a day in this time zone, or with `whole` its end; a time of day is taken as it is."""
    if text is None:
        return None
    try:
        last = _LAST.fullmatch(text.strip())
        if last:
            return _midnight(date.today() - timedelta(days=int(last[1]) - 1))
        if len(text.strip()) <= len("2026-11-21"):
            return _midnight(date.fromisoformat(text.strip()) + timedelta(days=1 if whole else 0))
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError, OSError):
        said = f"{text!r} is no day; write 2026-11-21, or 7d for the last seven days."
        raise typer.BadParameter(said, param_hint=option) from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()


def _show(found: dict[str, Any]) -> None:
    total = found["all"]
    if not total["requests"] and not total.get("failed"):
        console.print("Nothing has passed through the router yet. Start it with `agent-router serve`.", markup=False)
        return
    _bar(found["by_openness"], total)
    groups = {"by place": found["by_openness_place"], "by model": found["by_model"], "by agent": found["by_agent"]}
    # What only failed is said below; a row of zeros would say nothing.
    groups = {
        title: {name: leaf for name, leaf in group.items() if leaf["requests"]} for title, group in groups.items()
    }
    width = max((len(name) for group in groups.values() for name in group), default=0)
    for title, group in groups.items():
        if not group:
            continue
        rows = [_row(name, leaf, total) for name, leaf in sorted(group.items(), key=lambda item: -item[1]["output"])]
        columns = [f"{title:<{min(width, 40)}}", "requests", "input", "cached", "output", "share", "billed", "avoided"]
        console.print(table("", columns, rows, right=columns[1:]), "")
    if total["failed"]:
        console.print(f"{_count(total['failed'], 'further request')} got no answer.")
    if total["unknown_usage"]:
        console.print(
            f"{_count(total['unknown_usage'], 'answer')} came without token counts: counted as requests only."
        )
    if unpriced := total["unpriced"] - total["unknown_usage"]:
        console.print(f"{_count(unpriced, 'answer')} came from models without a known price: not in what was billed.")


def _bar(openness: dict[str, Any], total: dict[str, Any], width: int = 60) -> None:
    whole = total["output"] or total["requests"]
    measure = "output" if total["output"] else "requests"
    bar, words = "", []
    for name, colour in (("open", "green"), ("closed", "magenta"), ("unknown", "bright_black")):
        share = openness[name][measure] / whole if whole else 0
        bar += f"[{colour}]{'█' * round(share * width)}[/{colour}]"
        words.append(f"[{colour}]{name} {share:.0%}[/{colour}]")
    unit = "output tokens" if measure == "output" else "requests"
    console.print(f"{bar}\n{'  '.join(words)}  of {whole:,} {unit} in {_count(total['requests'], 'request')}\n")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _row(name: str, leaf: dict[str, Any], total: dict[str, Any]) -> list[str]:
    share = leaf["output"] / total["output"] if total["output"] else 0
    return [
        name,
        f"{leaf['requests']:,}",
        f"{leaf['input']:,}",
        f"{leaf['cache_read']:,}",
        f"{leaf['output']:,}",
        f"{share:.0%}",
        _dollars(leaf["cost"]["billed"]),
        _dollars(leaf["cost"]["avoided"]),
    ]


def _dollars(amount: float | None) -> str:
    if amount is None:
        return "?"
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"
