"""Codex CLI: `~/.codex/config.toml`, a provider that speaks responses."""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY


def _file(settings: Settings) -> SettingsFile:
    return settings.toml(settings.machine.folder("CODEX_HOME", ".codex") / "config.toml")


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    provider: dict[str, Any] = {"name": "agent-router", "base_url": target.v1, "wire_api": "responses"}
    if target.variable:
        provider["env_key"] = target.variable
    if target.main is not None:
        file.set("model", value=target.main)
        file.set("model_provider", value="agent-router")
        file.set("model_context_window", value=target.context_window)
    file.set("model_providers", "agent-router", value=provider, mark=("base_url",))


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    name = file.get("model_provider", default="openai")
    provider = file.get("model_providers", name, default={})
    if "base_url" not in provider:
        return None
    variable = provider.get("env_key")
    key = settings.machine.environment.get(variable, "") if variable else NO_KEY
    return Pointed(provider["base_url"], key, file.get("model"), None)


AGENT = Agent(
    name="codex",
    title="Codex CLI",
    program="codex",
    wire="responses",
    background=None,
    point=point,
    read=read,
)
