"""`agent-router statusline`, as help and docs show it; `agent_router.command` runs it without all this."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_router import statusline as shown
from agent_router.cli.output import JSON_OPTION


def statusline(
    shell: Annotated[
        bool, typer.Option("--shell", help="A short segment for a shell's prompt or tmux: `open 42% · $1.20`.")
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="A line of your own, with " + ", ".join(f"{{{name}}}" for name in shown.FIELDS) + " filled in.",
            show_default=False,
        ),
    ] = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Print one line for Claude Code's status line: how much of today was open (by output tokens), how much on this
    machine, what went to closed APIs, and where the session's last request went, and why.

    In ~/.claude/settings.json: "statusLine": {"type": "command", "command": "agent-router statusline"}. It reads Claude
    Code's JSON on standard input, of which it takes the session's id, and the ledger, which holds no text.

    For a shell: PS1='$(agent-router statusline --shell) \\$ ', or --format 'open {open}, {billed}'.
    """
    shown.main(shell=shell, form=form, as_json=as_json)
