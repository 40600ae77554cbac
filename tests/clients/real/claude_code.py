"""Claude Code: speaks messages. In its own screen it gives a session a title, in JSON; a long session is compacted.

CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC would leave the title away.
"""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal


def setup(place: Place) -> None:
    """Connected; in `~/.claude.json` the first questions are answered."""
    place.connect("claude-code")
    trusted = {str(place.work): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
    answered = {"hasCompletedOnboarding": True, "theme": "dark", "projects": trusted}
    (place.home / ".claude.json").write_text(json.dumps(answered, indent=2))


def ask(place: Place, prompt: str, resume: bool) -> str:
    allowed = ["--allowedTools", "Bash"]
    return place.run("claude", "-p", *(["--continue"] if resume else []), prompt, *allowed)


def background(place: Place) -> str:
    ask(place, "SAY hello", False)
    shown = ask(place, "/compact", True)
    with terminal(place, "claude") as screen:
        screen.wait("for agents")
        screen.settle()
        screen.enter("Tell me about the colours, and SAY hello")
        screen.wait("The word is hello")
        screen.settle(5)
        return shown + screen.shown


CLIENT = Client(
    name="claude-code",
    title="Claude Code",
    manager="npm",
    packages=("@anthropic-ai/claude-code",),
    connect="claude-code",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title", "summary"),
)
