"""opencode: speaks chat completions. Before a session's first answer it asks for a title; a long one is compacted."""

from __future__ import annotations

import json
from typing import Any

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

QUIET: dict[str, Any] = {
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
}
"""Variables that keep it from looking anything up."""


def setup(place: Place) -> None:
    """`~/.config/opencode/opencode.json` without updates and sharing; then connected."""
    folder = place.home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.json").write_text(json.dumps({"autoupdate": False, "share": "disabled"}, indent=2))
    place.connect("opencode")


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("opencode", "run", "--auto", *(["--continue"] if resume else []), prompt, **QUIET)


def background(place: Place) -> str:
    shown = ask(place, "SAY hello", False)
    with terminal(place, "opencode", "--continue", **QUIET) as screen:
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
