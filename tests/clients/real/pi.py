"""pi: a coding agent with four tools. Its background call is the compaction of a long session."""

from __future__ import annotations

import json
from typing import Any

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

_QUIET: dict[str, Any] = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"}


def setup(place: Place) -> None:
    """`~/.pi/agent/models.json`, and in `settings.json` the model as the default and that a short session is already
    long enough to be compacted."""
    agent = place.home / ".pi" / "agent"
    agent.mkdir(parents=True)
    provider = {
        "baseUrl": f"{place.url}/v1",
        "api": "openai-completions",
        "apiKey": "agent-router",
        "models": [{"id": place.model, "contextWindow": 128000, "maxTokens": 8192}],
    }
    (agent / "models.json").write_text(json.dumps({"providers": {"agent-router": provider}}, indent=2))
    chosen = {"defaultProvider": "agent-router", "defaultModel": place.model, "compaction": {"keepRecentTokens": 1}}
    (agent / "settings.json").write_text(json.dumps(chosen, indent=2))


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("pi", "-p", *(["--continue"] if resume else []), prompt, **_QUIET)


def background(place: Place) -> str:
    ask(place, "SAY hello", False)
    ask(place, "SAY goodbye", True)
    with terminal(place, "pi", "--continue", **_QUIET) as screen:
        screen.wait("The word is goodbye")
        screen.settle()
        screen.enter("/compact")
        screen.wait("Compacted from")
        return screen.shown


CLIENT = Client(
    name="pi",
    title="pi",
    manager="npm",
    packages=("@earendil-works/pi-coding-agent",),
    connect="pi",
    setup=setup,
    ask=ask,
    background=background,
    calls=("summary",),
)
