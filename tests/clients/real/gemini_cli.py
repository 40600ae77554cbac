"""Gemini CLI: speaks Gemini's own dialect. Left to choose a model, it asks before each turn how hard the turn is.
A long session is compacted in two steps.

To it "auto" is an alias of its own: for two of Google's models, and a small one that chooses between them. So an
override changes what is sent in the end, and the router's `auto` has its full name.
"""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal


def setup(place: Place) -> None:
    """`~/.gemini/settings.json` with telemetry and updates off, and every folder trusted; then connected."""
    folder = place.home / ".gemini"
    folder.mkdir()
    settings = {
        "security": {"folderTrust": {"enabled": False}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True},
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=2))
    place.connect("gemini")


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("gemini", "--yolo", *(["--resume", "latest"] if resume else []), "-p", prompt)


def background(place: Place) -> str:
    with terminal(place, "gemini") as screen:
        screen.wait("Type your message")
        screen.settle()
        screen.enter("Tell me about the colours, and SAY hello")
        screen.wait("The word is hello")
        screen.settle()
        screen.enter("/compress")
        screen.settle(5)
        return screen.shown


CLIENT = Client(
    name="gemini-cli",
    title="Gemini CLI",
    manager="npm",
    packages=("@google/gemini-cli",),
    connect="gemini",
    setup=setup,
    ask=ask,
    background=background,
    calls=("summary",),
)
