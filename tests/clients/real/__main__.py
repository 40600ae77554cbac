"""Runs every client through the four tasks, shows how it goes, and writes the table in docs/clients.md.

`python -m tests.clients.real [--only NAME]... [--dry]`
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.clients.real import install, table
from tests.clients.real.client import Client
from tests.clients.real.clients import CLIENTS, OTHERS
from tests.clients.real.trial import TASKS, trial


def main() -> int:
    """The number of clients that did not complete all tasks."""
    arguments = _arguments()
    console = Console()
    rows: list[table.Row] = []
    failed = 0
    known = [*CLIENTS, *OTHERS] if arguments.only else CLIENTS
    chosen = [client for client in known if not arguments.only or client.name in arguments.only]
    for number, client in enumerate(chosen, 1):
        console.print(f"[bold]{number}/{len(chosen)} {client.title}[/bold]")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            row, ok = _tried(console, client, Path(temporary) / client.name)
        rows.append(row)
        failed += not ok
    shown = Table(*table.HEAD)
    for row in rows:
        shown.add_row(*row.cells)
    console.print(shown)
    if not arguments.dry:
        table.write(rows, order=[client.title for client in CLIENTS])
        console.print(f"written to {table.PAGE}")
    return failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients.real", description=__doc__)
    names = [client.name for client in (*CLIENTS, *OTHERS)]
    parser.add_argument("--only", action="append", metavar="NAME", choices=names, help=", ".join(names))
    parser.add_argument("--dry", action="store_true", help="leave docs/clients.md as it is")
    return parser.parse_args()


def _tried(console: Console, client: Client, folder: Path) -> tuple[table.Row, bool]:
    """The client's row, and whether it completed all tasks."""
    install.ensure(client)
    cells, spent, ok, wires = [], 0.0, True, set()
    with trial(client, folder) as running:
        for task in TASKS:
            started = time.monotonic()
            try:
                with console.status(f"{task} …"):
                    running.run(task)
                cell = ", ".join(client.calls) if task == "background call" and client.calls else "yes"
            except (AssertionError, OSError) as error:
                cell, ok = "no", False
                console.print(f"  {task}: {error}", style="red", markup=False, highlight=False)
            seconds = time.monotonic() - started
            spent += seconds
            absent = {"background call": client.background is None, "counted once": not running.importers}
            cells.append("none" if absent.get(task) else cell)
            console.print(f"  {task}: {cells[-1]}, {seconds:.1f} s")
        wires = {row.wire for row in running.rows() if row.agent == running.known and row.wire}
    version = install.version(client) or "?"
    return table.Row(client.title, version, ", ".join(sorted(wires)), tuple(cells), spent), ok


if __name__ == "__main__":
    sys.exit(main())
