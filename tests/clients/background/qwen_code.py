"""Qwen Code: suggestions, memory, titles, recaps, compression, checks of commands and of who speaks next."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import screen


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".qwen"
    folder.mkdir()
    settings = {
        "security": {"auth": {"selectedType": "openai"}, "folderTrust": {"enabled": False}},
        "general": {"enableAutoUpdate": False, "disableAutoUpdate": True},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "ui": {"enableFollowupSuggestions": True, "showSessionRecap": True},
        "fastModel": place.model,
        "model": {"name": place.model, "skipNextSpeakerCheck": False, "skipLoopDetection": False},
        "memory": {"enableManagedAutoMemory": True, "enableManagedAutoDream": True},
        "experimental": {"emitToolUseSummaries": True},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    given = {"OPENAI_BASE_URL": f"{place.url}/v1", "OPENAI_API_KEY": "k", "OPENAI_MODEL": place.model}
    program = place.program("qwen")
    for nth, asks in enumerate(sessions):
        if nth == 0:
            for turn, ask in enumerate(asks):
                place.run(program, "--approval-mode", "yolo", *(("-c",) if turn else ()), "-p", ask, **given)
            continue
        mode = "auto" if nth % 2 else "yolo"
        with screen(place, program, "--approval-mode", mode, **given) as it:
            it.wait("Type your message", 40)
            it.still(3, 20)
            for ask in asks:
                it.type(ask)
                it.still(6, 40)
            commands = ["/rename --auto", "/recap", "/remember I like short answers", "/compress"]
            if asks is sessions[-1]:  # it is asked about at the next start
                commands.append("/summary")
            for command in commands:
                it.type(command)
                it.key("Enter")  # the first may only have taken what was suggested
                it.still(4, 30)


CLIENT = Client(
    name="qwen-code",
    folder="qwen-code",
    package="@qwen-code/qwen-code",
    rules=(
        Rule("suggestion", "[SUGGESTION MODE:", "last"),
        Rule("title", "Generate a concise, sentence-case title"),
        Rule("title", "Generate the session title now", "last"),
        Rule("recap", "You generate session recaps"),
        Rule("recap", "Generate the recap now", "last"),
        Rule("memory", "managed memory extraction subagent"),
        Rule("memory", "managed memory dream"),
        Rule("memory", "You are selecting memories"),
        Rule("memory", "saving one explicit durable memory"),
        Rule("memory", "extract reusable skills"),
        Rule("check", "security classifier for an AI coding agent"),
        Rule("check", "determine who should logically speak next", "last"),
        Rule("check", "independent Goal Verifier"),
        Rule("summary", "You are the component that summarizes", "raw"),
        Rule("summary", "generate a comprehensive project summary", "last"),
        Rule("summary", "First, reason in your scratchpad", "last"),
        Rule("recap", "summary label describing what these tool calls"),
        Rule(None, "You are Qwen Code"),
    ),
    drive=drive,
)
