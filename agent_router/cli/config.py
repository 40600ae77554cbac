"""`agent-router config`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from agent_router import config as configuration
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json, table
from agent_router.effective_settings import effective_rows, effective_settings, plain


def config(
    as_json: bool = JSON_OPTION,
    keys: Annotated[
        bool, typer.Option("--keys", help="List every key there is, with its default and meaning.")
    ] = False,
) -> None:
    """Show the effective configuration, and where each value came from.

    Values come from the TOML file, environment variables over it (AGENT_ROUTER_SERVER__PORT=8500 spells
    port in the section server), and command-line options over both.
    """
    with friendly(as_json):
        if keys:
            _keys(as_json)
            return
        loaded = configuration.load()
        if as_json:
            print_json(effective_settings(loaded))
            return
        console.print(
            f"file  {escape(str(loaded.path))}{'' if loaded.path.is_file() else '  (not there; defaults are used)'}"
        )
        console.print(f"data  {escape(str(loaded.data))}\n")
        shown = [[key, _text(value), origin] for key, value, origin in effective_rows(loaded)]
        console.print(table("", ["key", "value", "from"], shown))
        for warning in loaded.warnings:
            console.print(f"warning: {warning}", style="yellow", markup=False)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _keys(as_json: bool) -> None:
    documented = configuration.documented()
    if as_json:
        print_json({key: {"default": plain(default), "meaning": meaning} for key, (default, meaning) in documented})
        return
    rows = [[key, _text(plain(default)), meaning] for key, (default, meaning) in documented]
    console.print(table("", ["key", "default", "meaning"], rows))
