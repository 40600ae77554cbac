"""Codex CLI: speaks responses only. In its own screen it gives a session a title; a long session is compacted."""

from __future__ import annotations

from typing import Any

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

_FREE = "--dangerously-bypass-approvals-and-sandbox"
_KEY: dict[str, Any] = {"AGENT_ROUTER_KEY": "agent-router"}


def setup(place: Place) -> None:
    """`~/.codex/config.toml`."""
    folder = place.home / ".codex"
    folder.mkdir()
    (folder / "config.toml").write_text(f"""\
model = "{place.model}"
model_provider = "agent-router"
check_for_update_on_startup = false

[model_providers.agent-router]
name = "agent-router"
base_url = "{place.url}/v1"
env_key = "AGENT_ROUTER_KEY"
wire_api = "responses"

[analytics]
enabled = false

[projects."{place.work}"]
trust_level = "trusted"
""")


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("codex", "exec", _FREE, *(["resume", "--last"] if resume else []), prompt, **_KEY)


def background(place: Place) -> str:
    ask(place, "SAY hello", False)
    soon = ["-c", "model_auto_compact_token_limit=1000"]
    shown = place.run("codex", "exec", _FREE, *soon, "resume", "--last", "SAY goodbye", **_KEY)
    with terminal(place, "codex", "--no-daemon", **_KEY) as screen:
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
