"""Claude Code: metrics, events and (in beta) traces. Its settings hold the variables, as its documentation has it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import claude_code

_SHORT = "1000"  # milliseconds


def _switch_on(place: Exporting, protocol: str) -> None:
    file = place.home / ".claude" / "settings.json"
    settings = json.loads(file.read_text())
    settings["env"] |= {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": place.otlp,
        "OTEL_METRIC_EXPORT_INTERVAL": _SHORT,
        "OTEL_LOGS_EXPORT_INTERVAL": _SHORT,
    }
    if protocol == "http/protobuf":
        settings["env"]["OTEL_EXPORTER_OTLP_COMPRESSION"] = "gzip"
    else:
        del settings["env"]["OTEL_EXPORTER_OTLP_COMPRESSION"]
        settings["env"] |= {
            "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_TRACES_EXPORT_INTERVAL": _SHORT,
        }
    file.write_text(json.dumps(settings, indent=2))


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    claude_code.ask(place, "SAY pineapple", False)
    claude_code.ask(place, "RUN printf 'colour-%s' 7", True)
    teller.next("status:code=529")
    claude_code.ask(place, "SAY walrus", False)
    teller.next("truncate_mid_event:after=5")
    claude_code.ask(place, "SAY gravel", False)
    if protocol == "http/protobuf":
        claude_code.background(place)


_OF_NO_CALL = ("attachment", "api-request-blob")


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".claude/projects/**/*.jsonl", without=_OF_NO_CALL)


SOURCE = Source(
    client=claude_code.CLIENT,
    model="claude-opus-4-8",
    small="claude-haiku-4-5",
    protocols=("http/protobuf", "http/json"),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
)
