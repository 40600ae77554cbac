"""`agent-router serve`."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from agent_router import config as configuration
from agent_router import env_file as variables
from agent_router.addresses import url_of
from agent_router.cli.output import JSON_OPTION, console, errors, friendly, print_json
from agent_router.errors import ConfigError


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Anything but loopback demands an API key.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one. [default: 8484]")] = None,
    local_only: Annotated[
        bool, typer.Option("--local-only", help="Nothing leaves this machine: every request is answered locally.")
    ] = False,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            help="Set the variables of this file (NAME=value, one a line) where they are not set; it may be missing.",
        ),
    ] = None,
    log_file: Annotated[
        Path | None, typer.Option("--log-file", help="Append what is said to this file instead of showing it.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens, never what is said.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Run the router until Ctrl-C or SIGTERM; running answers are finished first.

    Point an agent at [bold]http://127.0.0.1:8484/v1[/bold] with the model [bold]auto[/bold], and open
    http://127.0.0.1:8484 for the page.
    """
    if log_file is not None:
        with friendly(as_json):
            _speak_into(log_file)
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    given: dict[str, Any] = {"server": {}}
    if host is not None:
        given["server"]["host"] = host
    if port is not None:
        given["server"]["port"] = port
    if local_only:
        given["routing"] = {"privacy": "local-only"}
    with friendly(as_json):
        notes = variables.apply(env_file) if env_file is not None else []
        loaded = configuration.load(given)
        from agent_router.app import App
        from agent_router.log_watch import beside
        from agent_router.server import bind
        from agent_router.server import serve as run

        app = App(loaded)
        server = loaded.settings.server
        listener = bind(server.host, server.port)
        url = url_of(server.host, listener.getsockname()[1])

        def ready() -> None:
            for warning in [*notes, *loaded.warnings]:
                errors.print(f"[yellow]warning:[/yellow] {escape(warning)}")
            if as_json:
                print_json({"url": url, "pid": os.getpid()})
                return
            console.print(f"agent-router listens on [bold]{url}[/bold]  (Ctrl-C stops it)")
            console.print(f"  API     {url}/v1   models: {escape(', '.join(app.names.listed()[:6]))}")
            console.print(f"  page    {url}/")
            closed = app.names.closed
            if closed is None:
                console.print("  closed  none: set OPENAI_API_KEY or ANTHROPIC_API_KEY; until then all is local")
            elif not app.closed_available:
                console.print(f"  closed  {escape(str(closed))} [yellow]has no key; until then all is local[/yellow]")
            else:
                console.print(f"  closed  {escape(str(closed))}")
            console.print(f"  local   {escape(str(app.names.default_local))}")

        with beside() if loaded.settings.logs.watch else nullcontext():
            run(app, listener, ready)


def _speak_into(path: Path) -> None:
    """Let all that is printed and logged go into a file: a program without a window has nothing to print to."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sys.stdout = sys.stderr = path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise ConfigError(f"--log-file: {path} cannot be written: {error.strerror}.") from None
