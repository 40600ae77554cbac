"""`agent-router export`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from agent_models.catalogue import Catalogue
from agent_router.cli.day import day
from agent_router.cli.ledger_faults import read_faults
from agent_router.cli.output import friendly
from agent_router.errors import ConfigError
from agent_router.paths import LEDGER, data_path
from agent_telemetry import exporting, table_files
from agent_telemetry.openness import classifier

FORMATS = ("csv", "jsonl", "parquet")


def export(
    table: Annotated[
        str,
        typer.Argument(help="calls (a row a call) or daily (a row a day, agent, model and place).", show_default=False),
    ],
    file: Annotated[
        Path, typer.Argument(help="Where to: FILE.csv, FILE.jsonl, FILE.parquet, or - .", show_default=False)
    ],
    format: Annotated[
        str | None, typer.Option("--format", help="csv, jsonl or parquet. [default: by the file's name; csv for -]")
    ] = None,
    since: Annotated[str | None, typer.Option(help="From this day on (2026-11-21), or the last days (7d).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to and with this day.")] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a file that is there.")] = False,
) -> None:
    """Write the ledger as a table that spreadsheets, pandas, DuckDB and others read. It holds no text.

    Times are in UTC, days in your time zone, tokens whole numbers, money US dollars; empty is unknown, which is not
    zero. Calls that count only: no duplicates.

    [bold]agent-router export calls calls.parquet[/bold]
    [bold]agent-router export daily - --since 30d | column -s, -t[/bold]
    """
    start, end = day(since, "--since"), day(until, "--until", whole=True)
    if table not in exporting.TABLES:
        known = ", ".join(exporting.TABLES)
        raise typer.BadParameter(f"there is no table {table!r}. Tables: {known}.", param_hint="TABLE")
    to_stdout = str(file) == "-"
    chosen = format or ("csv" if to_stdout else file.suffix.lower().removeprefix("."))
    if chosen not in FORMATS:
        raise typer.BadParameter(f"{chosen or file} is none of {', '.join(FORMATS)}.", param_hint="--format")
    if to_stdout and chosen == "parquet":
        raise typer.BadParameter("Parquet is written into a file.", param_hint="--format")
    with friendly():
        path = data_path() / LEDGER
        if not to_stdout and file.exists() and not file.is_file():
            raise ConfigError(f"{file} is no file that could be replaced; - writes to standard output.")
        if not to_stdout and file.exists() and not force:
            raise ConfigError(f"{file} exists; --force replaces it.")
        columns, read = exporting.TABLES[table]
        classify = classifier(Catalogue.load(data_path() / "catalogue.yaml"))
        try:
            with read_faults(path):
                rows = read(path, classify, since=start, until=end)
                if to_stdout:
                    table_files.WRITERS[chosen](sys.stdout.buffer, columns, rows)
                    sys.stdout.buffer.flush()
                    return
                total = exporting.count(path, since=start, until=end) if table == "calls" else None
                with _whole(file) as out:
                    number = table_files.WRITERS[chosen](out, columns, _shown(rows, total))
        except BrokenPipeError:  # `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        except OSError as error:
            raise ConfigError(f"{file} cannot be written: {error.strerror}.") from None
    typer.echo(f"{number:,} row{'' if number == 1 else 's'} in {file}.", err=True)


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file beside the one that is wanted, which takes its place when all is written."""
    path = Path(os.path.realpath(path))
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
        os.replace(made, path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _shown(rows: Iterable[tuple[Any, ...]], total: int | None) -> Iterator[tuple[Any, ...]]:
    """The rows, with a progress bar on a terminal where there are many."""
    if total is None or total < 50_000 or not sys.stderr.isatty():
        yield from rows
        return
    from rich.progress import track

    from agent_router.cli.output import errors

    yield from track(rows, "exporting", total=total, console=errors, transient=True)
