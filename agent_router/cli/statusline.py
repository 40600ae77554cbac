"""`agent-router statusline`, as help and docs show it; `agent_router.command` runs it without all this."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from agent_router import statusline as shown
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.errors import ConfigError


def statusline(
    shell: Annotated[bool, typer.Option("--shell", help="A few words for a prompt, starship or tmux.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Print one line for Claude Code's status line: today's share of this machine, what went to closed models, and
    where the session's last request went, and why; or with --shell a few words: `open 42% · $1.20`.

    In ~/.claude/settings.json: "statusLine": {"type": "command", "command": "agent-router statusline"}. It reads Claude
    Code's JSON on standard input, of which it takes the session's id, and the ledger, which holds no text.

    In bash: PS1='$(agent-router statusline --shell) \\w $ '; in tmux: set -g status-right '#(agent-router statusline
    --shell)'.
    """
    if not as_json:
        print(shown.segment()) if shell else shown.main()  # noqa: T201
        return
    with friendly(as_json):
        try:
            figures = shown.figures()
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"The ledger cannot be read: {error}.") from None
        print_json({"line": shown.segment() if shell else shown.line(shown.given()), "today": figures})
