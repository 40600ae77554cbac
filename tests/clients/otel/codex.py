"""Codex: logs, traces and metrics, in `config.toml` as its documentation has it."""

from __future__ import annotations

from pathlib import Path

from tests.clients.otel import own_logs
from tests.clients.otel.capture import Exporting, Source
from tests.clients.otel.teller import Teller
from tests.clients.real import codex

_OTEL = """
[otel]
environment = "golden"
log_user_prompt = false
exporter = {{ otlp-http = {{ endpoint = "{url}/v1/logs", protocol = "{protocol}" }} }}
trace_exporter = {{ otlp-http = {{ endpoint = "{url}/v1/traces", protocol = "{protocol}" }} }}
metrics_exporter = {{ otlp-http = {{ endpoint = "{url}/v1/metrics", protocol = "{protocol}" }} }}
"""


def _switch_on(place: Exporting, protocol: str) -> None:
    file = place.home / ".codex" / "config.toml"
    kept = file.read_text().partition("\n[otel]\n")[0]
    words = {"http/protobuf": "binary", "http/json": "json"}
    file.write_text(kept + _OTEL.format(url=place.otlp, protocol=words[protocol]))


def _session(place: Exporting, teller: Teller, protocol: str) -> None:
    codex.ask(place, "SAY pineapple", False)
    codex.ask(place, "RUN printf 'colour-%s' 7", True)
    if protocol == "http/json":
        return
    teller.next("status:code=500")
    codex.ask(place, "SAY walrus", False)
    teller.next("truncate_mid_event:after=5")
    codex.ask(place, "SAY gravel", False)
    codex.background(place)


def _own_log(home: Path, to: Path) -> None:
    own_logs.lines(home, to, ".codex/sessions/**/*.jsonl", ".codex/archived_sessions/**/*.jsonl")


SOURCE = Source(
    client=codex.CLIENT,
    model="gpt-5.4",
    small="gpt-5.4-mini",
    protocols=("http/protobuf", "http/json"),
    switch_on=_switch_on,
    session=_session,
    own_log=_own_log,
    talks=True,
)
