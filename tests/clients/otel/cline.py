"""Cline: events and metrics of its telemetry, by variables."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import cline


def _switch_on(place: Exporting, protocol: str) -> None:
    settings = place.home / ".cline" / "data" / "settings" / "global-settings.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"telemetryOptOut": False}))
    place.variables.update(
        DO_NOT_TRACK="",
        OTEL_TELEMETRY_ENABLED="1",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_LOGS_EXPORTER="otlp",
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT=place.otlp,
        OTEL_METRIC_EXPORT_INTERVAL="1000",
    )


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    cline.ask(place, "SAY pineapple", False)
    cline.ask(place, "RUN printf 'colour-%s' 7", False)
    teller.next("status:code=500")
    with contextlib.suppress(AssertionError):  # it may give up
        cline.ask(place, "SAY walrus", False)
    teller.next("truncate_mid_event:after=3")
    with contextlib.suppress(AssertionError):
        cline.ask(place, "SAY gravel", False)


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".cline/data/sessions/**/*.json")


SOURCE = Source(
    client=cline.CLIENT,
    model="qwen3-32b",
    small="qwen3-8b",
    protocols=("http/json",),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
)
