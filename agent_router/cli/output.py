"""How the command line speaks: rich for people, `--json` for programs, errors as one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from agent_models.errors import ModelError
from agent_router.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    console: Console
    errors: Console


def __getattr__(name: str) -> Console:
    """`console` and `errors`, made when they are asked for: programs that read JSON do not wait for rich."""
    if name not in ("console", "errors"):
        raise AttributeError(name)
    from rich.console import Console

    made = globals()[name] = Console(stderr=name == "errors", highlight=False)
    return made


def _anywhere(context: typer.Context, given: bool) -> bool:
    """`agent-router --json models` is the same as `agent-router models --json`."""
    context.meta["json"] = given or context.meta.get("json", False)
    return bool(context.meta["json"])


JSON_OPTION: Any = typer.Option(
    False, "--json", callback=_anywhere, help="Print one JSON object instead of text, also for an error."
)


def print_json(value: Any) -> None:
    """One JSON object on standard output, at once: a program may be waiting for it."""
    try:
        # Python's own indents in Python: for a thousand sessions that takes longer than reading a million calls.
        text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a console that is not UTF-8, or a file name that is not
        text = json.dumps(value, indent=2, default=str)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def friendly(as_json: bool = False) -> Iterator[None]:
    """Turns what a person can mend into one sentence and exit status 1."""
    try:
        yield
    except (ConfigError, ModelError) as error:
        if as_json:
            print_json({"error": str(error)})
        else:
            from rich.markup import escape

            from agent_router.cli.output import errors

            errors.print(f"[red]error:[/red] {escape(str(error))}")
        raise typer.Exit(1) from None


def table(title: str, columns: list[str], rows: list[list[str]], *, right: Collection[str] = ()) -> Any:
    """A rich table; the columns named in `right` are set to the right."""
    from rich.table import Table

    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*map(visible, row))
    return made


def visible(text: str) -> str:
    """What a caller or a log named, as rich shows it letter by letter: no markup, and nothing that steers a terminal or
    turns the direction of writing round."""
    from rich.markup import escape

    return escape("".join(each if each.isprintable() or each == "\n" else "�" for each in text))
