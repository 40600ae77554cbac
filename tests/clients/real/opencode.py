"""opencode: speaks chat completions. Before a session's first answer it asks for a title; a long one is compacted."""

from __future__ import annotations

import json
from typing import Any

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

_QUIET: dict[str, Any] = {
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
}


def setup(place: Place) -> None:
    """`~/.config/opencode/opencode.json`."""
    folder = place.home / ".config" / "opencode"
    folder.mkdir(parents=True)
    limit = {"context": 128000, "output": 8192}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "agent-router",
        "options": {"baseURL": f"{place.url}/v1", "apiKey": "agent-router"},
        "models": {place.model: {"name": place.model, "limit": limit}},
    }
    settings = {
        "$schema": "https://opencode.ai/config.json",
        "provider": {"agent-router": provider},
        "model": f"agent-router/{place.model}",
        "small_model": f"agent-router/{place.model}",
        "autoupdate": False,
        "share": "disabled",
    }
    (folder / "opencode.json").write_text(json.dumps(settings, indent=2))


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("opencode", "run", "--auto", *(["--continue"] if resume else []), prompt, **_QUIET)


def background(place: Place) -> str:
    shown = ask(place, "SAY hello", False)
    with terminal(place, "opencode", "--continue", **_QUIET) as screen:
        screen.wait("The word is hello")
        screen.settle()
        screen.enter("/compact")
        screen.wait("<summary>")
        screen.settle()
        return shown + screen.shown


CLIENT = Client(
    name="opencode",
    title="opencode",
    manager="npm",
    packages=("opencode-ai",),
    connect="opencode",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title", "summary"),
)
