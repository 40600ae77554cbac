"""Commands without options, run without typer's reading of options, of which there are none."""

from __future__ import annotations

import sys

import typer

from agent_router.cli.encoding import tolerant


def run(name: str, *, as_json: bool) -> None:
    """`usage` or `import`, as typer would run them."""
    tolerant()
    try:
        if name == "usage":
            from agent_router.cli.usage import usage

            usage(as_json=as_json)
        else:
            from agent_router.cli.import_logs import import_command

            import_command(as_json=as_json)
    except typer.Exit as left:
        sys.exit(left.exit_code)
    except KeyboardInterrupt:
        typer.echo("Aborted!", err=True)
        sys.exit(1)
    except BrokenPipeError:  # `agent-router usage | head`
        sys.stderr.close()
        sys.exit(1)
