"""Qwen Code: events, metrics and traces, in its settings as its documentation has it. Only JSON."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import qwen_code
from tests.clients.real.terminal import terminal


def _switch_on(place: Exporting, protocol: str) -> None:
    file = place.home / ".qwen" / "settings.json"
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
    qwen_code.ask(place, "SAY pineapple", False)
    qwen_code.ask(place, "RUN printf 'colour-%s' 7", True)
    teller.next("status:code=500")
    qwen_code.ask(place, "SAY walrus", False)
    teller.next("truncate_mid_event:after=2")
    with contextlib.suppress(AssertionError):  # it may give up
        qwen_code.ask(place, "SAY gravel", False)
    with terminal(place, "qwen", "--yolo") as screen:
        screen.wait("Type your message")
        screen.settle()
        screen.enter("SAY goodbye")
        screen.wait("The word is goodbye")
        screen.settle(5)
        screen.enter("/compress")
        screen.settle(5)
        screen.enter("/quit")  # it exports what it has
        screen.settle(5)


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".qwen/projects/*/chats/*.jsonl", ".qwen/tmp/*/chats/*.json")


SOURCE = Source(
    client=qwen_code.CLIENT,
    model="qwen3-coder-plus",
    small="qwen3-30b-a3b",
    protocols=("http/json",),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
    talks=True,
)
