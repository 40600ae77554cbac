"""An agent whose calls the router has from three sides: they pass through it, the agent exports them to it, and its own
log is imported. Each must count once."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from agent_router.config import LEDGER
from agent_router.importers import importers
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.import_run import import_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import client as real
from tests.running_router import router_process

_WAIT = 8  # seconds until the router has looked for duplicates


def live(source: Source, folder: Path) -> list[str]:
    """What counts although it did not pass through the router; and a line of figures."""
    data = folder / "router"
    with Teller() as teller:
        configuration = f"""
[upstreams.scripted]
kind = "openai"
base_url = "{teller.url}/v1"
models = ["m"]

[routing]
closed = "scripted/m"
"""
        with router_process(data, configuration) as (url, _):
            made = real.place(source.client.name, folder, url)
            place = Exporting(made.install, made.home, made.work, url, otlp=url)
            try:
                source.client.setup(place)
                source.switch_on(place, source.protocols[0])
                source.session(place, teller, source.protocols[0])
            finally:
                place.leave()
            time.sleep(_WAIT)
            home = Home(place.home, place.environment())
            chosen = [each for each in importers() if each.name == source.name]
            import_logs(data / LEDGER, chosen, home, lambda: lambda row: row)
            time.sleep(_WAIT)
    with closing(sqlite3.connect(data / LEDGER)) as conn:
        conn.row_factory = sqlite3.Row
        rows = [dict(row) for row in conn.execute("SELECT * FROM calls ORDER BY time")]
    print(source.name, Counter((row["source"], row["duplicate"], row["status"]) for row in rows), flush=True)
    names = ("source", "key", "time", "agent", "session", "model", "input", "cache_read", "output", "status")
    return [
        ", ".join(f"{name}={row[name]}" for name in names)
        for row in rows
        if row["duplicate"] is None and row["source"] != "proxy"
    ]
