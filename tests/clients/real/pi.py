"""pi: a coding agent with four tools. Its background call is the compaction of a long session."""

from __future__ import annotations

import json
from typing import Any

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

_QUIET: dict[str, Any] = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"}


def setup(place: Place) -> None:
    """In `settings.json` a short session is already long enough to be compacted; then connected."""
    agent = place.home / ".pi" / "agent"
    agent.mkdir(parents=True)
    (agent / "settings.json").write_text(json.dumps({"compaction": {"keepRecentTokens": 1}}, indent=2))
    place.connect("pi")


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
