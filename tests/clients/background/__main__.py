"""``python -m tests.clients.background``: which background calls of real agents the router knows by name.

Each client runs some sessions against a router process with the model `auto`, the bundled model and a scripted closed
side. A relay before the router keeps what the client sent; rules written from the clients' own sources say what each
body is, and the ledger what the router took it for. Clients are looked for in `--clients`, one folder each, installed
by `npm install` or into a `venv`; those that are not there are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import importlib
import json
import os
import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent_router.config import LEDGER
from tests.clients.background import counting, record
from tests.clients.background.client import Client
from tests.clients.background.counting import Count, count
from tests.clients.background.model import Model
from tests.clients.background.place import Place, furnish, sweep
from tests.clients.background.relay import Relay
from tests.clients.background.sessions import sessions
from tests.running_router import router_process

NAMES = (
    *("openclaw", "claude_code", "codex", "opencode", "gemini_cli", "qwen_code", "pi", "cline", "aider", "llm"),
    *("continue_cli", "copilot"),
)
CONFIGURATION = """\
[upstreams.scripted]
base_url = "{url}/v1"
api = "chat"
models = ["gpt-5.4", "gemini-3.1-pro-preview", "gemini-3.1-pro-preview-customtools", "gemini-3-flash-preview"]

[routing]
closed = "scripted/gpt-5.4"
"""


def clients(only: list[str]) -> list[Client]:
    """Those with these names, or all."""
    modules = [
        name
        for name in NAMES
        if not only or name.removesuffix("_cli").replace("_", "-") in only or name.replace("_", "-") in only
    ]
    return [importlib.import_module(f"tests.clients.background.{name}").CLIENT for name in modules]


async def measure(client: Client, options: argparse.Namespace, folder: Path, nth: int) -> Count:
    """One client's sessions."""
    asked = sessions(options.turns)
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(Model())
        data = folder / "router"
        url, _ = stack.enter_context(router_process(data, CONFIGURATION.format(url=model.url), SCRIPTED_KEY="k"))
        relay = await stack.enter_async_context(Relay(url, options.port + 2 * nth).running())
        furnish(folder / "home", folder / "work")
        place = Place(
            install=next(path for path in _folders(options, client) if path.exists()),
            home=folder / "home", work=folder / "work", url=relay.url, port=options.port + 2 * nth + 1,
            log=folder / "shown.txt", node=options.node,
        )  # fmt: skip
        began = time.monotonic()
        try:
            await asyncio.to_thread(client.drive, place, asked)
        finally:
            sweep(place.home)
            await asyncio.sleep(1.5)  # until the last row is written
            (folder / "sent").mkdir()
            for i, each in enumerate(relay.sent):
                head = {"path": each.path, "headers": each.headers, "status": each.status, "id": each.id}
                (folder / "sent" / f"{i:03}.json").write_bytes(json.dumps(head).encode() + b"\n" + each.body)
        found = count(client, relay.sent, counting.rows(data / LEDGER), asked)
    found.version = client.version(place.install)
    found.seconds = time.monotonic() - began
    return found


def _folders(options: argparse.Namespace, client: Client) -> list[Path]:
    return [Path(folder) / client.folder for folder in options.clients]


def table(counts: list[Count]) -> Table:
    """What was counted, a row each."""
    made = Table("client", "version", "turns", "background calls", "known", "taken", "misnamed", "sessions", "s")
    for each in counts:
        whole = f"{each.whole} of {each.sessions}"
        cells = (each.version, each.turns, record.kinds(each), record.known([each]), each.taken, each.misnamed, whole)
        made.add_row(each.client, *map(str, cells), f"{each.seconds:.0f}")
    return made


def main() -> None:
    """Runs the clients, one after the other, and prints what was counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.background", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", action="append", default=[], metavar="CLIENT", help="may be repeated")
    parser.add_argument("--turns", type=int, default=10, help="of each client, at least (default: 10)")
    parser.add_argument("--clients", action="append", help="where they are installed; the first that has one counts")
    parser.add_argument("--node", type=Path, help="the folder of another Node than the one on the path")
    parser.add_argument("--port", type=int, default=19600, help="the first of some that are used (default: 19600)")
    parser.add_argument("--keep", type=Path, help="a folder to leave bodies and what was shown in")
    parser.add_argument("--json", type=Path, help="a file for what was counted")
    parser.add_argument("--write", type=Path, help="a file for the table, such as docs/background.md")
    options = parser.parse_args()
    options.clients = options.clients or [os.environ.get("AGENT_ROUTER_CLIENTS", ".clients")]
    console, counts = Console(width=180), []
    for nth, client in enumerate(clients(options.only)):
        if not any(path.exists() for path in _folders(options, client)):
            console.print(f"{client.name} is not installed")
            continue
        folder = Path(tempfile.mkdtemp(prefix=f"background-{client.name}-"))
        try:
            found = asyncio.run(measure(client, options, folder, nth))
        finally:
            if options.keep:
                shutil.rmtree(options.keep / client.name, ignore_errors=True)
                shutil.copytree(folder, options.keep / client.name, symlinks=True, ignore_dangling_symlinks=True)
            shutil.rmtree(folder, ignore_errors=True)
        counts.append(found)
        console.print(table([found]))
        for line in dict.fromkeys([*found.wrong, *(f"undescribed: {each}" for each in found.strange)]):
            console.print("  ", line, markup=False)
    console.print(table(counts))
    console.print(f"known by name: {record.known(counts)}")
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(each) for each in counts], indent=1))
    if options.write:
        options.write.write_text(record.markdown(counts))


if __name__ == "__main__":
    main()
