"""`agent-router top`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import typer

from agent_models.catalogue import Catalogue
from agent_router.cli.day import day
from agent_router.cli.ledger_faults import read_faults
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.paths import LEDGER, data_path
from agent_router.router_url import key_variable, router_url
from agent_telemetry.ledger_reader import recent, sums_by_day
from agent_telemetry.openness import classifier
from agent_telemetry.split import Classify, split_of

_MINUTES = 5  # of which tokens a minute are the average
_LOOKED_AT = 500  # calls in which those minutes are looked for
_SHOWN = 12


def top(
    interval: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.2, max=3600)] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Show it once, and end.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Watch the requests that run and that ended last, and today's split, until q or Ctrl-C.

    Calls that agents' logs tell of appear as they are imported; requests that are still running are known while
    [bold]agent-router serve[/bold] runs.
    """
    with friendly(as_json):
        path = data_path() / LEDGER
        classify = classifier(Catalogue.load(data_path() / "catalogue.yaml"))
        if as_json:
            print_json(look(path, classify))
            return
        from agent_router.cli.output import console
        from agent_router.cli.top_frame import frame

        if once or not console.is_terminal:
            console.print(frame(look(path, classify)))
            return
        from rich.live import Live

        try:
            with _keys() as pressed, Live(console=console, screen=True, auto_refresh=False) as live:
                while True:
                    live.update(frame(look(path, classify)), refresh=True)
                    if pressed(interval):
                        return
        except KeyboardInterrupt:
            return


def look(path: Path, classify: Classify) -> dict[str, Any]:
    """What there is to see now: `running`, `calls` (the last, the newest first), `today` (a split), `minute` (tokens a
    minute, in and out, of the last five), and whether the `router` answers. ConfigError where the ledger is none."""
    running = _running()
    with read_faults(path):
        rows = recent(path, _LOOKED_AT)
        found = split_of(sums_by_day(path, since=day(date.today().isoformat(), "")), classify)
    begin = datetime.now(UTC) - timedelta(minutes=_MINUTES)
    last: Counter[str] = Counter()
    for row in rows:
        if row.time >= begin:
            last["in"] += (row.input or 0) + (row.cache_read or 0) + (row.cache_write or 0)
            last["out"] += row.output or 0
            last["calls"] += 1
    return {
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "router": running is not None,
        "running": running or [],
        "calls": [
            {
                "time": row.time.astimezone().isoformat(timespec="seconds"),
                "agent": row.agent,
                "model": row.model,
                "openness": classify(row.model, row.provider)[0],
                "place": row.place,
                "route": row.route or ("log" if row.source != "proxy" else None),
                "status": row.status,
                "input": sum(each or 0 for each in (row.input, row.cache_read, row.cache_write)),
                "output": row.output,
                "latency_ms": row.latency_ms,
                "reason": row.reason,
            }
            for row in rows[:_SHOWN]
        ],
        "today": found,
        "minute": {name: last[name] / _MINUTES for name in ("calls", "in", "out")},
    }


def _running() -> list[dict[str, Any]] | None:
    """The requests that a router has in hand; None where none answers."""
    key = os.environ.get(key_variable() or "", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    asked = Request(f"{router_url()}/api/requests?limit=1", headers=headers)  # noqa: S310 - the address is the user's own
    try:
        with build_opener(ProxyHandler({})).open(asked, timeout=0.5) as answer:
            found = json.loads(answer.read(1_000_000))["running"]
    except (URLError, OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, list) else None


@contextmanager
def _keys() -> Iterator[Any]:
    """A function that waits so many seconds, and says whether q was pressed meanwhile."""
    if sys.platform == "win32":
        import msvcrt

        def pressed(seconds: float) -> bool:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                if msvcrt.kbhit() and msvcrt.getwch().lower() == "q":
                    return True
                time.sleep(0.05)
            return False

        yield pressed
        return
    import select
    import termios
    import tty

    if not sys.stdin.isatty():

        def waits(seconds: float) -> bool:
            time.sleep(seconds)
            return False

        yield waits
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)

    def read(seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([sys.stdin], [], [], left)[0]:
                return False
            if sys.stdin.read(1).lower() in ("q", "\x1b", ""):
                return True
        return False

    try:
        yield read
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
