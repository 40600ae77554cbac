"""`agent-router`: the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agent_router import __version__
from agent_router.cli.encoding import tolerant
from agent_router.cli.lazy_commands import lazy_group
from agent_router.cli.output import JSON_OPTION, print_json

# In the order of `--help`. Imported when they are run: a quick command should not wait for a slow one's imports.
COMMANDS = {
    "serve": "agent_router.cli.serve",
    "demo": "agent_router.cli.demo",
    "connect": "agent_router.cli.connect",
    "disconnect": "agent_router.cli.connect:disconnect",
    "doctor": "agent_router.cli.doctor",
    "service": "agent_router.cli.service:app",
    "import": "agent_router.cli.import_logs:import_command",
    "usage": "agent_router.cli.usage",
    "top": "agent_router.cli.top",
    "share": "agent_router.cli.share",
    "export": "agent_router.cli.export",
    "sources": "agent_router.cli.sources",
    "forget": "agent_router.cli.forget",
    "backup": "agent_router.cli.backup",
    "why": "agent_router.cli.why",
    "statusline": "agent_router.cli.statusline",
    "families": "agent_router.cli.families:app",
    "config": "agent_router.cli.config",
    "models": "agent_router.cli.models:app",
}

app = typer.Typer(
    name="agent-router",
    cls=lazy_group(COMMANDS),
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "A local, OpenAI-compatible endpoint in front of your agents. It sends repeated tasks to an open-weights "
        "model on this machine, the rest to the closed API, and shows your open/closed split.\n\n"
        "Start with [bold]agent-router serve[/bold], then point an agent at http://127.0.0.1:8484/v1 with the model "
        "[bold]auto[/bold]."
    ),
)


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    if version:
        _version(as_json)
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return
    if as_json:
        print_json({"error": "A command is missing; `agent-router --help` lists them."})
        raise typer.Exit(2)
    typer.echo(context.get_help())


@app.command("version", hidden=True)
def _version(as_json: bool = JSON_OPTION) -> None:
    """Show the version."""
    print_json({"version": __version__}) if as_json else typer.echo(f"agent-router {__version__}")


def main() -> None:
    """The entry point."""
    tolerant()
    if "--json" not in sys.argv[1:]:
        app()
        return
    try:
        status = app(standalone_mode=False)
    except typer.Abort:
        status = 1
    except Exception as error:
        # What the arguments are at fault for. typer brings its own copy of click, whose type has no public name.
        if not hasattr(error, "format_message"):
            raise
        print_json({"error": error.format_message()})
        status = getattr(error, "exit_code", 2)
    sys.exit(status if isinstance(status, int) else 0)
