"""`agent-router families`: what the router learnt, family by family."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.markup import escape

from agent_router import config as configuration
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json, table
from agent_router.errors import ConfigError
from agent_telemetry import learned
from agent_telemetry.learned import FamilyRow

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode="rich",
    help=(
        "What the router learnt: the kinds of request that repeat, and where each stands on the ladder.\n\n"
        "[bold]shadow[/bold]: closed answers, the local model is tried beside it · [bold]canary[/bold]: local for a "
        "tenth of the requests · [bold]local[/bold]: earned · [bold]closed[/bold]: proven not good enough.\n\n"
        "No text is kept: a family is a salted hash, and its label is made of common instruction words."
    ),
)
NAME = Annotated[str, typer.Argument(help="The family's name, or the beginning of it: `title-3f9a12bc`, `title-3f`.")]


@app.callback()
def _default(context: typer.Context, as_json: bool = JSON_OPTION) -> None:
    if context.invoked_subcommand is None:
        show_list(as_json=as_json)


@app.command("list")
def show_list(
    rung: Annotated[str | None, typer.Option(help="Only those on this rung.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most to show, those seen most often first.")] = 40,
    as_json: bool = JSON_OPTION,
) -> None:
    """List families, those seen most often first."""
    with _reading(as_json) as path:
        pins = {pin.family: pin.route for pin in learned.pins(path)}
        found = [family for family in learned.families(path) if rung is None or family.rung == rung]
    found.sort(key=lambda family: (-family.requests, family.name))
    if as_json:
        print_json({"families": [_object(family, pins) for family in found[:limit]], "known": len(found)})
        return
    if not found:
        console.print("No family was met yet. Send requests for the model `auto`, and look again.", markup=False)
        return
    columns = ["family", "what", "seen", "local", "rung", "success", "outcomes", "agents"]
    rows = [
        [
            family.name,
            family.label,
            f"{family.requests:,}",
            f"{family.local / family.requests:.0%}" if family.requests else "",
            family.rung + (f" (pinned {pins[family.name]})" if family.name in pins else ""),
            _success(family),
            f"{family.evidence:.0f}",
            family.agents.replace(" ", ", "),
        ]
        for family in found[:limit]
    ]
    console.print(table("", columns, rows, right=("seen", "local", "outcomes")))
    if len(found) > limit:
        console.print(f"{len(found) - limit:,} more: --limit {len(found)}")


@app.command("show")
def show(name: NAME, as_json: bool = JSON_OPTION) -> None:
    """Show one family: where it stands, why, and how it came there."""
    with _reading(as_json) as path:
        family = _found(path, name)
        pins = {pin.family: pin.route for pin in learned.pins(path)}
        moves = learned.moves(path, family.name)
    if as_json:
        print_json(_object(family, pins) | {"moves": [msgspec.to_builtins(move) for move in moves]})
        return
    console.print(f"[bold]{escape(family.name)}[/bold]  {escape(family.label)}")
    console.print(f"  seen       {family.requests:,} times, {_day(family.first_seen)} to {_day(family.last_seen)}")
    console.print(f"  agents     {escape(family.agents.replace(' ', ', ')) or 'unknown'}")
    pinned = f", pinned {pins[family.name]} by you" if family.name in pins else ""
    console.print(f"  rung       {family.rung}{pinned}")
    console.print(f"  success    {_success(family)} of the local model, on {family.evidence:.1f} outcomes")
    console.print(
        f"  answered   {family.local:,} locally, of which verification refused {family.escalated:,}; "
        f"tried {family.shadowed:,} times in the background"
    )
    for side, seconds in (("closed", family.closed_seconds), ("locally", family.local_seconds)):
        if seconds is not None:
            console.print(f"  {side:<10} takes {seconds:.2f} s")
    for move in moves:
        console.print(f"  {_day(move.time)}  {move.before} → {move.after}: {escape(move.why)}")


@app.command("pin")
def pin(
    name: NAME,
    side: Annotated[
        Literal["local", "closed", "none"], typer.Argument(help="local, closed, or none to let the ladder decide.")
    ],
    as_json: bool = JSON_OPTION,
) -> None:
    """Decide for the router where a family goes. Privacy and capability still go before it."""
    with _reading(as_json) as path:
        family = _found(path, name)
        learned.pin(path, family.name, None if side == "none" else side)
    if as_json:
        print_json({"family": family.name, "pin": None if side == "none" else side})
    elif side == "none":
        console.print(f"{family.name} is left to the ladder again.", markup=False)
    else:
        console.print(f"{family.name} goes {side} from now on; a running router takes it within seconds.", markup=False)


@app.command("forget")
def forget(name: NAME, as_json: bool = JSON_OPTION) -> None:
    """Forget what was learnt of a family; it begins anew. Its requests in the ledger stay."""
    with _reading(as_json) as path:
        family = _found(path, name)
        learned.forget(path, family.name)
    print_json({"forgotten": family.name}) if as_json else console.print(f"{family.name} is forgotten.", markup=False)


@contextmanager
def _reading(as_json: bool) -> Iterator[Path]:
    """The ledger's path; what is wrong with the file becomes a sentence."""
    with friendly(as_json):
        path = configuration.load().ledger
        try:
            yield path
        except sqlite3.Error as error:
            raise ConfigError(f"The ledger {path} cannot be used: {error}.") from None


def _found(path: Path, name: str) -> FamilyRow:
    found = learned.families(path)
    exact = [family for family in found if family.name == name]
    similar = exact or [family for family in found if family.name.startswith(name)]
    if len(similar) == 1:
        return similar[0]
    if similar:
        some = ", ".join(family.name for family in similar[:5])
        raise ConfigError(f"{len(similar)} families begin with {name!r}: {some}. Write more of the name.")
    raise ConfigError(f"There is no family {name!r}; `agent-router families list` shows those there are.")


def _success(family: FamilyRow) -> str:
    if family.mean is None or not family.evidence:
        return "unknown"
    return f"{family.mean:.2f}" + (f" (≥ {family.lower:.2f})" if family.lower is not None else "")


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M}"


def _object(family: FamilyRow, pins: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(family)
    found["agents"] = family.agents.split()
    del found["nodes"]
    for moment in ("first_seen", "last_seen"):
        found[moment] = datetime.fromtimestamp(found[moment], UTC).isoformat()
    return found | {"pin": pins.get(family.name)}
