"""Cline: compaction of a long session."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import COMPACTED, screen


def drive(place: Place, sessions: Sequence[Session]) -> None:
    program, quiet = place.program("cline"), {"CLINE_TELEMETRY_DISABLED": "1", "CLINE_NO_AUTO_UPDATE": "1"}
    place.run(
        program, "auth", "-p", "openai-compatible", "-k", "k", "-b", f"{place.url}/v1", "-m", place.model, **quiet
    )
    for nth, asks in enumerate(sessions):
        if nth == 0:
            for ask in asks:
                place.run(program, "-P", "openai-compatible", "-m", place.model, "--timeout", "60", ask, **quiet)
            continue
        with screen(place, program, "-i", "-P", "openai-compatible", "-m", place.model, **quiet) as it:
            it.wait("Ask anything", 60)
            it.still(3, 20)
            it.say(*asks, *COMPACTED)


CLIENT = Client(
    name="cline",
    folder="cline",
    package="cline",
    rules=(
        Rule("summary", "Summarize this session for continuation", "raw"),
        Rule("summary", "Summarize the provided coding session", "raw"),
        Rule("summary", "Write a continuation summary", "raw"),
        Rule(None, "You are Cline"),
    ),
    drive=drive,
)
