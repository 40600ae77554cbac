"""Codex CLI: speaks responses only. Its background call is the title that it gives a session."""

from __future__ import annotations

from tests.clients.real.client import Client, Place

_KEY = {"AGENT_ROUTER_KEY": "agent-router"}


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
    free = "--dangerously-bypass-approvals-and-sandbox"
    return place.run("codex", "exec", free, *(["resume", "--last"] if resume else []), prompt, **_KEY)


def background(place: Place) -> str:
    raise NotImplementedError


CLIENT = Client(
    name="codex",
    title="Codex CLI",
    manager="npm",
    packages=("@openai/codex",),
    connect="codex",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title",),
)
