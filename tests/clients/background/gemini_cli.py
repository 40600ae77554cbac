"""Gemini CLI: which model takes the turn, who speaks next, compression, what a session was about."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import COMPACTED, screen


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".gemini"
    folder.mkdir()
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
        "general": {"enableAutoUpdate": False, "disableAutoUpdate": True, "disableUpdateNag": True},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "ide": {"enabled": False},
        "model": {"skipNextSpeakerCheck": False, "compressionThreshold": 0.5},
        # Its own "auto" stands for models of its own choice, and each of its calls for one; here all ask for ours.
        "modelConfigs": {
            "customOverrides": [{"match": {"overrideScope": "core"}, "modelConfig": {"model": place.model}}]
        },
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    given = {"GOOGLE_GEMINI_BASE_URL": place.url, "GEMINI_API_KEY": "k", "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    program = place.program("gemini")
    for nth, asks in enumerate(sessions):
        model = ("-m", place.model)
        if nth == 0:
            for turn, ask in enumerate(asks):
                place.run(program, "--yolo", *model, *(("-r", "latest") if turn else ()), "-p", ask, **given)
            continue
        with screen(place, program, "--yolo", *model, **given) as it:
            it.wait("Type your message", 30)
            it.still(2, 20)
            it.say(*asks, "/compress", COMPACTED[1])


CLIENT = Client(
    name="gemini-cli",
    folder="gemini-cli",
    package="@google/gemini-cli",
    rules=(
        Rule("difficulty", "Task Routing AI"),
        Rule("check", "determine who should logically speak next", "last"),
        Rule("check", "stuck in an unproductive loop"),
        Rule("check", "security enforcement engine", "raw"),
        Rule("summary", "distilling chat history into a structured XML"),
        Rule("summary", "summarizes internal chat history"),
        Rule("summary", "Summarize the user's primary intent or goal in this conversation", "last"),
        Rule("summary", "First, reason in your scratchpad", "last"),
        Rule(None, "Gemini CLI"),
        Rule(None, "CLI agent specializing in software engineering tasks"),
    ),
    drive=drive,
)
