"""Gemini CLI: speaks Gemini's own dialect. Left to choose a model itself, it asks before each turn how hard the turn is.

To it "auto" is an alias of its own, for two of Google's models and a small one that chooses between them. So an override
changes what is sent in the end, and the router's `auto` has its full name.
"""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place


def setup(place: Place) -> None:
    """`~/.gemini/settings.json` and `~/.gemini/.env`."""
    folder = place.home / ".gemini"
    folder.mkdir()
    override = {"match": {"overrideScope": "core"}, "modelConfig": {"model": f"agent-router/{place.model}"}}
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True},
        "modelConfigs": {"customOverrides": [override]},
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=2))
    (folder / ".env").write_text(f"GOOGLE_GEMINI_BASE_URL={place.url}\nGEMINI_API_KEY=agent-router\n")


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("gemini", "--yolo", *(["--resume", "latest"] if resume else []), "-p", prompt)


def background(place: Place) -> str:
    return ask(place, "SAY hello", False)


CLIENT = Client(
    name="gemini-cli",
    title="Gemini CLI",
    manager="npm",
    packages=("@google/gemini-cli",),
    connect="gemini",
    setup=setup,
    ask=ask,
    background=background,
    calls=("difficulty",),
)
