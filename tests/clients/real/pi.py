"""pi: a coding agent with four tools. Its background call is the compaction of a long session."""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place

_QUIET = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"}


def setup(place: Place) -> None:
    """`~/.pi/agent/models.json`, and the model as the default in `settings.json`."""
    agent = place.home / ".pi" / "agent"
    agent.mkdir(parents=True)
    provider = {
        "baseUrl": f"{place.url}/v1",
        "api": "openai-completions",
        "apiKey": "agent-router",
        "models": [{"id": place.model, "contextWindow": 128000, "maxTokens": 8192}],
    }
    (agent / "models.json").write_text(json.dumps({"providers": {"agent-router": provider}}, indent=2))
    chosen = {"defaultProvider": "agent-router", "defaultModel": place.model}
    (agent / "settings.json").write_text(json.dumps(chosen, indent=2))


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("pi", "-p", *(["--continue"] if resume else []), prompt, **_QUIET)


def background(place: Place) -> str:
    raise NotImplementedError


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
