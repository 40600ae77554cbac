"""Claude Code: speaks messages. Its background call is the title of a session, in JSON by a schema."""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place


def setup(place: Place) -> None:
    """`~/.claude/settings.json`: its `env` is set for every run."""
    folder = place.home / ".claude"
    folder.mkdir()
    environment = {
        "ANTHROPIC_BASE_URL": place.url,
        "ANTHROPIC_AUTH_TOKEN": "agent-router",
        "ANTHROPIC_MODEL": place.model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": place.model,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    (folder / "settings.json").write_text(json.dumps({"env": environment}, indent=2))


def ask(place: Place, prompt: str, resume: bool) -> str:
    allowed = ["--allowedTools", "Bash"]
    return place.run("claude", "-p", *(["--continue"] if resume else []), prompt, *allowed)


def background(place: Place) -> str:
    raise NotImplementedError


CLIENT = Client(
    name="claude-code",
    title="Claude Code",
    manager="npm",
    packages=("@anthropic-ai/claude-code",),
    connect="claude-code",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title",),
)
