"""`agent-router statusline`, as help and docs show it; `agent_router.command` runs it without all this."""

from __future__ import annotations

from agent_router import statusline as shown
from agent_router.cli.output import JSON_OPTION, print_json


def statusline(as_json: bool = JSON_OPTION) -> None:
    """Print one line for Claude Code's status line: today's share of this machine, what went to closed APIs, and where
    the session's last request went, and why.

    In ~/.claude/settings.json: "statusLine": {"type": "command", "command": "agent-router statusline"}. It reads Claude
    Code's JSON on standard input, of which it takes the session's id, and the ledger, which holds no text.
    """
    if as_json:
        print_json({"line": shown.line(shown.given())})
        return
    shown.main()
