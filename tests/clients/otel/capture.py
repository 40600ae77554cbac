"""An agent in a home of its own whose export is switched on: the session, and what came of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent_telemetry.agent_names import agent_name
from tests.clients.otel import cutting, expected, recorder, scrubbing
from tests.clients.otel.recorder import Recorder
from tests.clients.otel.teller import Teller
from tests.clients.real import client as real
from tests.clients.real.client import Client, Place

CAPTURES = Path(__file__).resolve().parents[2] / "telemetry" / "otlp" / "captures"


@dataclass(frozen=True)
class Exporting(Place):
    """A place whose programs are given more variables. otlp: the receiver, without /v1."""

    otlp: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        return {**super().environment(), **self.variables, **more}


@dataclass(frozen=True)
class Source:
    """An agent with an OpenTelemetry export.

    model: what it is told to use; small: the same for its own calls. switch_on: after the client's own, switches the
    export on in a protocol, "http/protobuf" or "http/json"; called before each session. session: what a user does, in
    that protocol. protocols: those that it has. own_log: copies its own log from a home, cut down, to a folder in the
    same layout. talks: of so much that its exports are cut down.
    """

    client: Client
    model: str
    small: str
    protocols: tuple[str, ...]
    switch_on: Callable[[Exporting, str], None]
    session: Callable[[Exporting, Teller, str], None]
    own_log: Callable[[Path, Path], None]
    talks: bool = False

    @property
    def name(self) -> str:
        """As the ledger calls it."""
        return agent_name(self.client.known) or self.client.known


def capture(source: Source, folder: Path) -> None:
    """Runs it in an empty folder, and writes the captures of this agent anew."""
    with Teller() as teller, Recorder() as otlp:
        made = real.place(source.client.name, folder, teller.url, source.model)
        place = Exporting(made.install, made.home, made.work, made.url, source.model, source.small, otlp.url)
        try:
            source.client.setup(place)
            for protocol in source.protocols:
                source.switch_on(place, protocol)
                source.session(place, teller, protocol)
        finally:
            place.leave()

        kept = CAPTURES / source.name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        recorder.write([cutting.cut(each) for each in otlp.sent] if source.talks else otlp.sent, kept)
        source.own_log(place.home, kept / "own_log")
        expected.write(kept, teller.told)
    scrubbing.scrub(kept, folder)
