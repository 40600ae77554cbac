"""pi: compaction, and a summary of the branch that is left in the session's tree."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import screen


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".pi" / "agent"
    folder.mkdir(parents=True)
    model = {"id": place.model, "contextWindow": 128_000, "maxTokens": 4096}
    provider = {"baseUrl": f"{place.url}/v1", "api": "openai-completions", "apiKey": "k", "models": [model]}
    (folder / "models.json").write_text(json.dumps({"providers": {"router": provider}}))
    settings = {"compaction": {"enabled": True, "reserveTokens": 16_384, "keepRecentTokens": 1}}
    (folder / "settings.json").write_text(json.dumps(settings))
    start = (place.program("pi"), "--provider", "router", "--model", place.model)
    offline = {"PI_OFFLINE": "1", "PI_SKIP_VERSION_CHECK": "1", "PI_TELEMETRY": "0"}
    for nth, asks in enumerate(sessions):
        if nth % 2 == 0:
            for turn, ask in enumerate(asks):
                place.run(*start, "-p", *(("-c",) if turn else ()), ask, **offline)
            continue
        with screen(place, *start, **offline) as it:
            it.still(2, 20)
            for ask in asks:
                it.type(ask)
                it.still(2, 30)
            it.type("/compact")
            it.still(2, 30)
            it.type("/tree")
            it.still(1, 10)
            it.key("Up", "Up", "Up", "Enter")
            it.still(1, 10)
            it.key("Down", "Enter")
            it.still(2, 30)
            it.type("One more question about all of this, please.")
            it.still(2, 30)
            it.type("/compact")
            it.still(2, 30)


CLIENT = Client(
    name="pi",
    folder="pi",
    package="@earendil-works/pi-coding-agent",
    rules=(
        Rule("summary", "structured summary of this conversation branch", "last"),
        Rule("summary", "messages above are a conversation to summarize", "last"),
        Rule("summary", "NEW conversation messages to incorporate into the existing summary", "last"),
        Rule("summary", "PREFIX of a turn that was too large to keep", "last"),
        Rule("summary", "context summarization assistant"),
        Rule(None, "inside pi, a coding agent harness"),
    ),
    drive=drive,
)
