"""`agent-router backup`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.errors import ConfigError
from agent_router.paths import LEDGER, data_path


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where to. [default: ledger-DATE.sqlite3 in this folder]", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a file that is there.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Copy the ledger, whole and compact, while the router goes on.

    To take a backup up again, stop the router and put the file in the ledger's place (`agent-router config` says where
    that is).
    """
    with friendly(as_json):
        path = data_path() / LEDGER
        if not path.exists():
            raise ConfigError(f"There is no ledger yet: {path}.")
        target = file or Path(f"ledger-{datetime.now():%Y-%m-%d-%H%M%S}.sqlite3")
        if target.is_dir():
            target = target / f"ledger-{datetime.now():%Y-%m-%d-%H%M%S}.sqlite3"
        if target.exists() and not force:
            raise ConfigError(f"{target} exists; --force replaces it.")
        if target.exists() and target.samefile(path):
            raise ConfigError(f"{target} is the ledger itself.")
        made = target.with_name(target.name + ".part")
        try:
            os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # private, and SQLite takes it
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as conn:
                conn.execute("VACUUM INTO ?", [str(made)])
            made.replace(target)
        except (sqlite3.Error, OSError) as fault:
            made.unlink(missing_ok=True)
            said = fault.strerror if isinstance(fault, OSError) else str(fault)
            raise ConfigError(f"The ledger cannot be copied to {target}: {said}.") from None
        size = target.stat().st_size
        if as_json:
            print_json({"file": str(target), "bytes": size})
        else:
            typer.echo(f"The ledger is copied to {target} ({size / 1e6:,.1f} MB).")
