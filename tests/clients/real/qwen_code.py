"""Qwen Code: speaks chat completions. After a turn it extracts what is worth remembering; in its own screen it suggests
what to type next; a long session is compacted in two steps."""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal


def setup(place: Place) -> None:
    """`~/.qwen/settings.json` with telemetry and updates off; then connected."""
    folder = place.home / ".qwen"
    folder.mkdir()
    settings = {
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=2))
    place.connect("qwen")


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("qwen", "--yolo", *(["--continue"] if resume else []), "-p", prompt)


def background(place: Place) -> str:
    with terminal(place, "qwen", "--yolo") as screen:
        screen.wait("Type your message")
        screen.settle()
        screen.enter("Tell me about the colours, and SAY hello")
        screen.wait("The word is hello")
        screen.settle()
        screen.enter("SAY goodbye")
        screen.wait("The word is goodbye")
        screen.settle(5)
        screen.enter("/compress")
        screen.settle(5)
        return screen.shown


CLIENT = Client(
    name="qwen-code",
    title="Qwen Code",
    manager="npm",
    packages=("@qwen-code/qwen-code",),
    connect="qwen",
    setup=setup,
    ask=ask,
    background=background,
    calls=("memory", "suggestion", "summary"),
)
