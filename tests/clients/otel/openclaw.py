"""OpenClaw: traces, metrics and logs, by its plugin `diagnostics-otel`, in its settings as its documentation has it.

The plugin is a package of OpenClaw's own since May 2026. Where that cannot be had, an older version that contains it
can be run (`BUNDLED`): its exporter is the same but for what was added since.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import openclaw
from tests.clients.real.terminal import terminal

BUNDLED = "2026.4.5"
"""The newest tried that comes with the plugin: `npm install openclaw@2026.4.5` in a folder `openclaw-bundled` beside
the other clients."""


def _switch_on(place: Exporting, protocol: str) -> None:
    file = place.home / ".openclaw" / "openclaw.json"
    settings = json.loads(file.read_text())
    settings["plugins"] = {"allow": ["diagnostics-otel"], "entries": {"diagnostics-otel": {"enabled": True}}}
    settings["diagnostics"] = {
        "enabled": True,
        "otel": {
            "enabled": True,
            "endpoint": place.otlp,
            "protocol": protocol,
            "traces": True,
            "metrics": True,
            "logs": True,
            "flushIntervalMs": 1000,
        },
    }
    file.write_text(json.dumps(settings, indent=2))


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    port = openclaw.free_port()
    here = {**openclaw.QUIET, "OPENCLAW_GATEWAY_PORT": port}
    with terminal(place, "openclaw", "gateway", "run", "--port", port, **openclaw.QUIET) as gateway:
        gateway.wait("[gateway] ready", 120)
        for script, said in (
            ((), "SAY pineapple"),
            ((), "RUN printf 'colour-%s' 7"),
            (("status:code=500",), "SAY walrus"),
            (("truncate_mid_event:after=3",), "SAY gravel"),
        ):
            teller.next(*script)
            print(place.run("openclaw", "agent", "--session-id", "golden", "--message", said, limit=180, **here)[-300:])
        time.sleep(5)
        print(gateway.shown[-1500:])


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".openclaw/agents/*/sessions/*.jsonl")
    for path in sorted(home.glob(".openclaw/agents/*/agent/openclaw-agent.sqlite")):
        own_logs.database(path, to / path.relative_to(home), "transcript_events")


SOURCE = Source(
    client=replace(openclaw.CLIENT, name="openclaw-bundled", agent="openclaw"),
    model="qwen3-32b",
    small="qwen3-8b",
    protocols=("http/protobuf",),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
    talks=True,
)
