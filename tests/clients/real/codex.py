"""Codex CLI: speaks responses only. In its own screen it gives a session a title; a long session is compacted."""

from __future__ import annotations

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

_FREE = "--dangerously-bypass-approvals-and-sandbox"


def setup(place: Place) -> None:
    """Connected; nothing looked up, and its folder trusted."""
    place.connect("codex")
    file = place.home / ".codex" / "config.toml"
    quiet = f'[analytics]\nenabled = false\n\n[projects."{place.work}"]\ntrust_level = "trusted"\n'
    file.write_text(f"check_for_update_on_startup = false\n{file.read_text()}\n{quiet}")


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("codex", "exec", _FREE, *(["resume", "--last"] if resume else []), prompt)


def background(place: Place) -> str:
    ask(place, "SAY hello", False)
    soon = ["-c", "model_auto_compact_token_limit=1000"]
    shown = place.run("codex", "exec", _FREE, *soon, "resume", "--last", "SAY goodbye")
    with terminal(place, "codex", "--no-daemon") as screen:
        screen.wait("Ask Codex to do anything")
        screen.settle()
        screen.enter("Tell me about the colours, and SAY hello")
        screen.wait("The word is hello")
        screen.settle(5)
        return shown + screen.shown


CLIENT = Client(
    name="codex",
    title="Codex CLI",
    manager="npm",
    packages=("@openai/codex",),
    connect="codex",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title", "summary"),
)
