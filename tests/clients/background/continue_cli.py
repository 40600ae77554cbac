"""Continue's CLI: a title for each session, and compaction."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import COMPACTED, screen

_CONFIGURATION = """\
name: router
version: 1.0.0
schema: v1
models:
  - name: {model}
    provider: openai
    model: {model}
    apiBase: {url}/v1
    apiKey: k
    roles: [chat, edit, apply]
    capabilities: [tool_use]
"""


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".continue"
    folder.mkdir()
    (folder / "config.yaml").write_text(_CONFIGURATION.format(model=place.model, url=place.url))
    program = place.program("cn")
    quiet = {"CONTINUE_TELEMETRY_ENABLED": "0", "CONTINUE_CLI_AUTO_UPDATE": "0"}
    start = (program, "--config", str(folder / "config.yaml"), "--auto")
    for nth, asks in enumerate(sessions):
        if nth == 0:
            for turn, ask in enumerate(asks):
                place.run(*start, *(("--resume",) if turn else ()), "-p", ask, **quiet)
            continue
        with screen(place, *start, **quiet) as it:
            it.wait("Ask anything|Enter your", 60)
            it.still(3, 20)
            it.say(*asks, *COMPACTED)


CLIENT = Client(
    name="continue",
    folder="continue",
    package="@continuedev/cli",
    rules=(
        Rule("title", "reply with a title for the chat", "raw"),
        Rule("summary", "provide a concise summary of our conversation so far", "last"),
        Rule(None, "in the Continue CLI"),
        Rule(None, "Continue"),
    ),
    drive=drive,
)
