"""``python -m tests.upstreams --port 9000``: the scripted upstream by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import signal
from collections.abc import Coroutine
from typing import Any

from tests.upstreams import echo
from tests.upstreams.behaviour import catalogue
from tests.upstreams.upstream import DIALECTS, ScriptedUpstream


def _listing() -> str:
    lines = []
    for name, make in sorted(catalogue().items()):
        parameters = list(inspect.signature(make).parameters.values())[1:]
        given = ",".join(f"{p.name}={p.default}" for p in parameters)
        lines.append(f"{name + (':' + given if given else '')}\n    {(make.__doc__ or '').splitlines()[0]}")
    return "\n".join(lines)


async def _serve(upstream: ScriptedUpstream) -> None:
    async with upstream:
        print(f"scripted upstream on {upstream.url}", flush=True)
        stop = asyncio.Event()
        with contextlib.suppress(NotImplementedError):  # Windows
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def main() -> None:
    """Parses the command line and serves until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tests.upstreams", description=ScriptedUpstream.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one (default: 9000)")
    parser.add_argument("--script", action="append", default=[], metavar="BEHAVIOUR", help="repeat for a sequence")
    parser.add_argument("--keep", type=int, default=1000, help="requests to remember (default: 1000)")
    parser.add_argument(
        "--speaks", action="append", choices=sorted(DIALECTS), help="only this dialect; may be repeated"
    )
    parser.add_argument("--eager", action="store_true", help="call the tools that are offered, whatever the ask says")
    parser.add_argument("--list", action="store_true", help="list the behaviours and their parameters")
    options = parser.parse_args()
    if options.list:
        print(_listing())
        return
    with contextlib.suppress(KeyboardInterrupt):
        echo.eager = options.eager
        speaks = options.speaks or DIALECTS
        _run(_serve(ScriptedUpstream(*options.script, port=options.port, keep=options.keep, speaks=speaks)))


if __name__ == "__main__":
    main()
