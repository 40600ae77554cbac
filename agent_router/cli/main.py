"""`agent-router`: the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_router import __version__
from agent_router.cli import config, demo, models, serve, usage
from agent_router.cli.output import print_json

app = typer.Typer(
    name="agent-router",
    no_args_is_help=True,
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
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("usage")(usage.usage)
app.command("config")(config.config)
app.add_typer(models.app, name="models")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"agent-router {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command("version", hidden=True)
def _version_command(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show the version."""
    print_json({"version": __version__}) if as_json else typer.echo(f"agent-router {__version__}")


def main() -> None:
    """The entry point."""
    app()
