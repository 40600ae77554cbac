"""Gemini CLI: events, metrics and traces, in its settings as its documentation has it. Only JSON."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import gemini_cli


def _switch_on(place: Exporting, protocol: str) -> None:
    file = place.home / ".gemini" / "settings.json"
    settings = json.loads(file.read_text())
    settings["telemetry"] = {
        "enabled": True,
        "target": "local",
        "otlpEndpoint": place.otlp,
        "otlpProtocol": "http",
        "logPrompts": False,
        "traces": True,
    }
    file.write_text(json.dumps(settings, indent=2))


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    gemini_cli.ask(place, "SAY pineapple", False)
    gemini_cli.ask(place, "RUN printf 'colour-%s' 7", True)
    teller.next("status:code=500")
    gemini_cli.ask(place, "SAY walrus", False)
    teller.next("truncate_mid_event:after=2")
    with contextlib.suppress(AssertionError):  # it may give up
        gemini_cli.ask(place, "SAY gravel", False)
    gemini_cli.background(place)


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".gemini/tmp/*/chats/**/*.json", ".gemini/tmp/*/chats/**/*.jsonl")


SOURCE = Source(
    client=gemini_cli.CLIENT,
    model="gemini-3-pro-preview",
    small="gemini-3-flash-preview",
    protocols=("http/json",),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
    talks=True,
)
