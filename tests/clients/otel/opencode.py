"""opencode: traces and logs, by OTEL_EXPORTER_OTLP_ENDPOINT; those of the calls with `experimental.openTelemetry`."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import opencode
from tests.clients.real.terminal import terminal


def _switch_on(place: Exporting, protocol: str) -> None:
    file = place.home / ".config" / "opencode" / "opencode.json"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps(settings | {"experimental": {"openTelemetry": True}}, indent=2))
    place.variables.update(OTEL_EXPORTER_OTLP_ENDPOINT=place.otlp)


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    opencode.ask(place, "SAY pineapple", False)
    opencode.ask(place, "RUN printf 'colour-%s' 7", True)
    teller.next("ok", "status:code=500")
    opencode.ask(place, "SAY walrus", False)
    teller.next("ok", "truncate_mid_event:after=3")
    with contextlib.suppress(AssertionError):  # it may give up
        opencode.ask(place, "SAY gravel", False)
    with terminal(place, "opencode", "--continue", **opencode.QUIET) as screen:
        screen.wait("The word is")
        screen.settle(3)
        for said, answer in (("SAY walnut", "The word is walnut"), ("RUN printf 'colour-%s' 8", "colour-8"), ("/compact", "<summary>")):
            screen.enter(said)
            screen.wait(answer)
            screen.settle(3)
        time.sleep(8)  # until it has exported what it has: that is lost when it ends


def _own_log(home: Path, to: Path) -> None:
    for path in sorted(home.glob(".local/share/opencode/opencode*.db")):
        own_logs.database(path, to / path.relative_to(home), "message")


SOURCE = Source(
    client=opencode.CLIENT,
    model="qwen3-32b",
    small="qwen3-8b",
    protocols=("http/json",),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
    talks=True,
)
