"""Copilot CLI: compaction and names of sessions."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import COMPACTED, screen


def drive(place: Place, sessions: Sequence[Session]) -> None:
    program = place.program("copilot")
    given = {
        "COPILOT_PROVIDER_BASE_URL": f"{place.url}/v1",
        "COPILOT_PROVIDER_API_KEY": "k",
        "COPILOT_MODEL": place.model,
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
        "COPILOT_ALLOW_ALL": "true",
    }
    for nth, asks in enumerate(sessions):
        if nth == 0:
            for turn, ask in enumerate(asks):
                place.run(program, "--allow-all-tools", *(("--continue",) if turn else ()), "-p", ask, **given)
            continue
        with screen(place, program, "--allow-all-tools", **given) as it:
            it.wait("Type @|for shortcuts|Describe a task|❯", 60)
            it.still(3, 20)
            it.say(*asks, *COMPACTED)


CLIENT = Client(
    name="copilot",
    folder="copilot",
    package="@github/copilot",
    rules=(
        Rule("summary", "create a detailed summary of the conversation so far", "last"),
        Rule(None, "GitHub Copilot CLI"),
        Rule(None, "Copilot"),
    ),
    drive=drive,
)
