"""The command `agent-router`: what must be quick at once, everything else by way of the whole command line."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point."""
    words = sys.argv[1:]
    if words[:1] == ["statusline"]:  # run at every turn of an agent or every prompt of a shell, which waits for it
        from agent_router.statusline import run

        if run(words[1:]):
            return
    as_json = words[1:] == ["--json"]
    if words[:1] in (["usage"], ["import"]) and (as_json or not words[1:]):
        # As they are used the most; reading options takes typer longer than the rest takes.
        from agent_router.cli import quick

        quick.run(words[0], as_json=as_json)
        return
    from agent_router.cli.main import main as command_line

    command_line()
