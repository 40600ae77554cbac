"""Claude Code: titles, suggestions, recaps, compaction, memory, hooks and checks that ask a model."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import screen

_KEY = "k" * 24


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".claude"
    folder.mkdir()
    hook = {"type": "prompt", "prompt": "Say whether the work may stop here. $ARGUMENTS", "timeout": 20}
    (folder / "settings.json").write_text(
        json.dumps(
            {"autoMemoryEnabled": True, "hooks": {"Stop": [{"hooks": [hook]}]}, "skipAutoPermissionPrompt": True}
        )
    )
    seen = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True, "projectOnboardingSeenCount": 1}
    (place.home / ".claude.json").write_text(
        json.dumps(
            {
                "hasCompletedOnboarding": True,
                "theme": "dark",
                "numStartups": 20,
                "customApiKeyResponses": {"approved": [_KEY[-20:]], "rejected": []},
                "projects": {str(place.work): seen},
            }
        )
    )
    given = {
        "ANTHROPIC_BASE_URL": place.url,
        "ANTHROPIC_API_KEY": _KEY,
        "ANTHROPIC_MODEL": place.model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": place.model,
        "ANTHROPIC_SMALL_FAST_MODEL": place.model,
        "CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_AUTOUPDATER": "1",
        "IS_SANDBOX": "1",
    }
    program = place.program("claude")
    for nth, asks in enumerate(sessions):
        if nth == 0:
            for turn, ask in enumerate(asks):
                place.run(program, *(("-c",) if turn else ()), "-p", ask, "--allowedTools", "Bash", **given)
            continue
        mode = ("--permission-mode", "auto") if nth % 2 else ("--allowedTools", "Bash")
        with screen(place, program, *mode, **given) as it:
            it.wait(r"❯|> ", 30)
            it.still(3, 30)
            for ask in asks:
                it.type(ask)
                it.still(6, 40)
            for command in ("/rename", "/recap", "/btw what was the first thing I asked?", "/compact"):
                it.type(command)
                it.still(4, 40)
                it.key("Escape")


CLIENT = Client(
    name="claude-code",
    folder="claude-code",
    package="@anthropic-ai/claude-code",
    rules=(
        Rule("suggestion", "[SUGGESTION MODE:", "last"),
        Rule("recap", "The user stepped away", "last"),
        Rule("summary", "Your task is to create a detailed summary of", "last"),
        Rule("title", "Generate a short kebab-case name"),
        Rule("title", "Generate a concise, sentence-case title"),
        Rule("memory", "acting as the memory extraction subagent", "last"),
        Rule("title", "You are naming a coding session"),
        Rule("check", "You are evaluating a"),
        Rule("check", "You are a security monitor for autonomous AI coding agents"),
        Rule("recap", "Write a short summary label describing what these tool calls"),
        Rule(None, "Claude Code"),
        Rule(None, "Claude Agent SDK"),
    ),
    drive=drive,
)
