"""Gemini CLI: speaks Gemini's own dialect. With the model "auto" a classifier says before each turn how hard it is."""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place


def setup(place: Place) -> None:
    """`~/.gemini/settings.json` and `~/.gemini/.env`."""
    folder = place.home / ".gemini"
    folder.mkdir()
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True},
        "model": {"name": place.model},
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
