"""aider: a commit message for each change it makes, and a summary of a long chat."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place

_OPTIONS = (
    *("--no-check-update", "--no-analytics", "--no-show-model-warnings", "--no-pretty", "--no-fancy-input"),
    *(
        "--yes-always",
        "--no-suggest-shell-commands",
        "--no-detect-urls",
        "--no-show-release-notes",
        "--map-tokens",
        "0",
    ),
)


def drive(place: Place, sessions: Sequence[Session]) -> None:
    for nth, asks in enumerate(sessions):
        lines = [line for ask in asks for line in (ask, f"Add a line about {ask.split()[-1]} EDIT notes.md")]
        # A file changes as if by hand, so that there is something to commit.
        lines += ["/run echo A line >> notes.md", "/commit"]
        place.run(
            place.program("aider"), "--model", f"openai/{place.model}", *_OPTIONS,
            "--max-chat-history-tokens", "60", "notes.md",
            stdin="\n".join([*lines, "/exit", ""]), limit=150,
            OPENAI_API_BASE=f"{place.url}/v1", OPENAI_API_KEY="k",
            AIDER_CHAT_HISTORY_FILE=str(place.home / f"history-{nth}.md"),
        )  # fmt: skip


CLIENT = Client(
    name="aider",
    folder="aider-chat",
    package="aider-chat",
    rules=(
        Rule("commit", "generates concise, one-line Git commit messages"),
        Rule("summary", "summarize this partial conversation about programming"),
        Rule(None, "Act as an expert software developer"),
        Rule(None, "Act as an expert code analyst"),
    ),
    drive=drive,
)
