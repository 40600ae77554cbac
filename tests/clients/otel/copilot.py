"""Copilot CLI: traces and metrics, by variables, as `copilot help monitoring` has it. It sends no logs."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import copilot
from tests.clients.real.terminal import terminal


def _switch_on(place: Exporting, protocol: str) -> None:
    place.variables.update(
        COPILOT_OTEL_ENABLED="true",
        OTEL_EXPORTER_OTLP_ENDPOINT=place.otlp,
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
    )


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    copilot.ask(place, "SAY pineapple", False)
    copilot.ask(place, "RUN printf 'colour-%s' 7", True)
    if protocol == "http/json":
        return
    teller.next("status:code=500")
    copilot.ask(place, "SAY walrus", False)
    teller.next("truncate_mid_event:after=3")
    with contextlib.suppress(AssertionError):  # it may give up
        copilot.ask(place, "SAY gravel", False)
    with terminal(place, "copilot", "--allow-all-tools", **copilot.told(place)) as screen:
        screen.settle(3, 30)
        if "trust" in screen.shown:
            screen.enter("")
            screen.settle(2)
        for said in ("SAY alpha", "/compact", "/exit"):
            screen.enter(said)
            screen.settle(5, 40)


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".copilot/session-state/*/events.jsonl")


SOURCE = Source(
    client=copilot.CLIENT,
    model="gpt-5.4",
    small="gpt-5.4",
    protocols=("http/protobuf", "http/json"),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
    talks=True,
)
