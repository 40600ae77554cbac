"""Cline: speaks chat completions. A session goes on only in its own screen, where it is also compacted."""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal


def setup(place: Place) -> None:
    """Connected; telemetry and updates are off, at whose end each run waits."""
    place.connect("cline")
    quiet = {"telemetryOptOut": True, "autoUpdateEnabled": False}
    settings = place.home / ".cline" / "data" / "settings"
    (settings / "global-settings.json").write_text(json.dumps(quiet))


def ask(place: Place, prompt: str, resume: bool) -> str:
    if not resume:
        return place.run("cline", prompt)
    with terminal(place, "cline", "--id", _last(place)) as screen:
        screen.wait("The word is")
        screen.settle()
        screen.enter(prompt)
        screen.wait("The word was")
        screen.settle()
        return screen.shown


def background(place: Place) -> str:
    ask(place, "SAY hello", False)
    with terminal(place, "cline", "--id", _last(place)) as screen:
        screen.wait("The word is hello")
        screen.settle()
        screen.enter("SAY goodbye")
        screen.wait("The word is goodbye")
        screen.settle()
        screen.enter("/compact")
        screen.settle(5)
        return screen.shown


def _last(place: Place) -> str:
    """The id of the newest session."""
    return max(folder.name for folder in (place.home / ".cline" / "data" / "sessions").iterdir())


CLIENT = Client(
    name="cline",
    title="Cline",
    manager="npm",
    packages=("cline",),
    connect="cline",
    setup=setup,
    ask=ask,
    background=background,
    calls=("summary",),
)
