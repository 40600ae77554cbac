"""`agent-router import`."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any

import typer

from agent_router.cli.ledger_faults import read_faults, write_faults
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.errors import ConfigError
from agent_router.import_settings import import_settings
from agent_router.importers import importers
from agent_router.ledger_enrichment import enrichment
from agent_router.paths import LEDGER, data_path
from agent_telemetry.erasing import erase, outdated, remember_again
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.import_run import Imported, Progress, import_logs
from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.repricing import follow_plans
from agent_telemetry.ledger_file import open_ledger

_DAY_MS = 86_400_000
_SHOWN_AFTER_S = 0.4  # a shorter import needs no bar


def import_command(
    agents: Annotated[
        list[str] | None,
        typer.Argument(help="Only these agents' logs (claude, codex, ...; `sources` lists them). [default: all]"),
    ] = None,
    watching: Annotated[bool, typer.Option("--watch", help="Go on, and import what is written from now on.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Read all logs from their beginnings, also what `forget` had forgotten.")
    ] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Read the logs that your agents keep on this machine, and show in [bold]usage[/bold] what they used.

    Only token counts, models, times and session ids are taken, no text; the logs are not changed, and nothing is sent
    anywhere. Each call counts once, however often it is imported, copied into a resumed session, or passed through the
    router as well. [bold]agent-router serve[/bold] does this by itself.
    """
    with friendly(as_json):
        chosen = importers(import_settings().without, agents or ())
        if again:
            with _ledger() as conn:
                remember_again(conn)
        done = _run(chosen, None if as_json or with_parent else _bar)
        if as_json:
            print_json(_object(done))
        elif not with_parent:
            _show(done, chosen)
        if watching:
            _watch(chosen, with_parent, as_json)


def _run(chosen: list[Importer], bar: Any) -> Imported:
    """One import, with a progress bar where there is one. Before it, what the settings say of calls that are there."""
    settings = import_settings()
    with _ledger() as conn:
        if settings.keep_days is not None:
            before = round(time.time() * 1000) - settings.keep_days * _DAY_MS
            if outdated(conn, before):
                erase(conn, before=before)
        follow_plans(conn, settings.plans, enrichment)
    path = data_path() / LEDGER
    try:
        home = Home.here()
    except RuntimeError:
        raise ConfigError("There is no home folder to look for logs in: HOME is not set.") from None
    with write_faults(path):
        if bar is None:
            return import_logs(path, chosen, home, enrichment)
        with bar() as progress:
            return import_logs(path, chosen, home, enrichment, progress)


@contextmanager
def _ledger() -> Iterator[sqlite3.Connection]:
    path = data_path() / LEDGER
    with write_faults(path), closing(open_ledger(path, timeout=30)) as conn:
        yield conn


@contextmanager
def _bar() -> Iterator[Progress | None]:
    """A progress bar on a terminal, once an import takes long enough to need one."""
    if not sys.stderr.isatty():
        yield None
        return
    began = time.monotonic()
    shown: list[Any] = []

    def progress(done: int, total: int) -> None:
        if not shown and time.monotonic() - began > _SHOWN_AFTER_S:
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

            from agent_router.cli.output import errors

            bar = Progress("reading logs", BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=errors,
                           transient=True)  # fmt: skip
            bar.start()
            shown.extend((bar, bar.add_task("", total=total)))
        if shown:
            shown[0].update(shown[1], completed=done)

    try:
        yield progress
    finally:
        if shown:
            shown[0].stop()


def _watch(chosen: list[Importer], with_parent: bool, as_json: bool) -> None:
    from agent_router.log_watch import be_modest, stopped_with_parent, watch

    home = Home.here()

    def roots() -> list[str]:
        return sorted({str(folder) for each in chosen for folder in each.folders(home) if folder.is_dir()})

    def run() -> None:
        try:
            done = _run(chosen, None)
        except ConfigError as error:  # the disk is full, say; later it may not be
            typer.echo(str(error), err=True)
            return
        if as_json:
            print_json(_object(done))
        elif not with_parent and (done.written.new.total() or done.written.grown.total()):
            typer.echo(_sentence(done))

    if with_parent:
        be_modest()
    stop = stopped_with_parent() if with_parent else threading.Event()
    try:
        watch(roots, run, stop)
    except KeyboardInterrupt:
        raise typer.Exit from None


def _object(done: Imported) -> dict[str, Any]:
    return {
        "agents": {
            name: {"logs": logs, "new": done.written.new[name], "grown": done.written.grown[name]}
            for name, logs in done.logs.items()
        },
        "logs_read": done.read,
        "bytes_read": done.bytes,
        "new": done.written.new.total(),
        "grown": done.written.grown.total(),
        "also_proxied": done.duplicates,
        "seconds": round(done.seconds, 3),
    }


def _show(done: Imported, chosen: list[Importer]) -> None:
    titles = {importer.name: importer.title for importer in chosen}
    there = {name: logs for name, logs in done.logs.items() if logs}
    if not there:
        typer.echo("No agent's log was found. `agent-router sources` lists where it was looked.")
        return
    width = max(len(titles[name]) for name in there)
    for name, logs in there.items():
        new = done.written.new[name]
        typer.echo(f"  {titles[name]:<{width}}  {logs:>7,} {'log ' if logs == 1 else 'logs'}  {new:>9,} new calls")
    typer.echo(_sentence(done))
    if done.written.new.total():
        typer.echo(f"{_shares()} `agent-router usage` says more.")


def _shares() -> str:
    """How all that is known divides, in a sentence."""
    from agent_models.catalogue import Catalogue
    from agent_telemetry.openness import classifier
    from agent_telemetry.split import OPENNESS, split

    classify = classifier(Catalogue.load(data_path() / "catalogue.yaml"))
    path = data_path() / LEDGER
    with read_faults(path):
        found = split(path, classify, by_session=False)
    measure, of = ("output", "output tokens") if found["all"]["output"] else ("requests", "requests")
    whole = found["all"][measure] or 1
    leaves = [(name, found["by_openness"][name][measure]) for name in OPENNESS]
    shares = [f"{figure / whole:.0%} {name}" for name, figure in leaves if figure]
    own = sum(found["by_openness_place"].get(f"open/{place}", {}).get(measure, 0) for place in ("device", "lan"))
    here = f" ({own / whole:.0%} on your own machines)" if own else ""
    return f"Of all {of} so far: {', '.join(shares)}{here}."


def _sentence(done: Imported) -> str:
    new = done.written.new.total()
    also = f", {done.duplicates:,} of them passed through the router" if done.duplicates else ""
    return f"{new:,} new call{'' if new == 1 else 's'} in {done.seconds:.1f} s{also}."
