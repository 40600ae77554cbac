"""The command `agent-router`: the status line at once, everything else by way of the whole command line."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point."""
    if sys.argv[1:] == ["statusline"]:  # run at every turn of an agent, which waits for it
        from agent_router.statusline import main as statusline

        statusline()
        return
    from agent_router.cli.main import main as command_line

    command_line()
