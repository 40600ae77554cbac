"""`agent-router config`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr
from rich.markup import escape

from agent_router import config as configuration
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json, table
from agent_router.config import Configuration


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
        rows = list(_rows(loaded))
        if as_json:
            print_json(
                {
                    "file": str(loaded.path),
                    "file_exists": loaded.path.is_file(),
                    "data": str(loaded.data),
                    "values": {key: {"value": value, "origin": origin} for key, value, origin in rows},
                    "warnings": loaded.warnings,
                }
            )
            return
        console.print(
            f"file  {escape(str(loaded.path))}{'' if loaded.path.is_file() else '  (not there; defaults are used)'}"
        )
        console.print(f"data  {escape(str(loaded.data))}\n")
        shown = [[key, _text(value), origin] for key, value, origin in rows]
        console.print(table("", ["key", "value", "from"], shown))
        for warning in loaded.warnings:
            console.print(f"warning: {warning}", style="yellow", markup=False)


def _rows(loaded: Configuration) -> list[tuple[str, Any, str]]:
    """Dotted key, value, origin; keys in the clear are masked."""
    rows: list[tuple[str, Any, str]] = []

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, BaseModel):
            for name in type(value).model_fields:
                walk(f"{prefix}.{name}" if prefix else name, getattr(value, name))
        elif isinstance(value, dict):
            for name, item in value.items():
                walk(f"{prefix}.{name}", item)
        else:
            rows.append((prefix, _plain(value), loaded.origins.get(prefix, "default")))

    walk("", loaded.settings)
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "set (hidden)"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _keys(as_json: bool) -> None:
    documented = configuration.documented()
    if as_json:
        print_json({key: {"default": _plain(default), "meaning": meaning} for key, (default, meaning) in documented})
        return
    rows = [[key, _text(_plain(default)), meaning] for key, (default, meaning) in documented]
    console.print(table("", ["key", "default", "meaning"], rows))
