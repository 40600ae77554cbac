"""opencode: a title for each session, compaction, summaries."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import COMPACTED, screen


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".config" / "opencode"
    folder.mkdir(parents=True)
    model = {"name": place.model, "tool_call": True, "limit": {"context": 128_000, "output": 4096}}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{place.url}/v1", "apiKey": "k"},
        "models": {place.model: model},
    }
    (folder / "opencode.json").write_text(
        json.dumps(
            {
                "model": f"router/{place.model}",
                "small_model": f"router/{place.model}",
                "autoupdate": False,
                "share": "disabled",
                "provider": {"router": provider},
            }
        )
    )
    program, given = (
        place.program("opencode"),
        {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"},
    )
    for nth, asks in enumerate(sessions):
        if nth % 2 == 0:
            for turn, ask in enumerate(asks):
                place.run(program, "run", "--auto", *(("-c",) if turn else ()), ask, **given)
            continue
        with screen(place, program, "--auto", **given) as it:
            it.wait("Ask anything", 60)
            it.still(2, 20)
            it.say(*asks, *COMPACTED)


CLIENT = Client(
    name="opencode",
    folder="opencode",
    package="opencode-ai",
    rules=(
        Rule("title", "You are a title generator"),
        Rule("summary", "anchored summary", "last"),
        Rule("summary", "context summarization agent"),
        Rule("summary", "Summarize what was done in this conversation"),
        Rule(None, "You are opencode"),
        Rule(None, "You are OpenCode"),
    ),
    drive=drive,
)
