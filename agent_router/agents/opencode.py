"""opencode: `~/.config/opencode/opencode.json`, a provider of the AI SDK's openai-compatible kind."""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile

_FILES = ("opencode.jsonc", "opencode.json", "config.json")


def _file(settings: Settings) -> SettingsFile:
    named = settings.machine.environment.get("OPENCODE_CONFIG")
    if named:
        return settings.json(settings.machine.expanded(named))
    folder = settings.machine.config("opencode")
    found = next((folder / name for name in _FILES if (folder / name).exists()), folder / "opencode.json")
    return settings.json(found)


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    models = {model for model in (target.main, target.background) if model is not None}
    limit = {"context": 128000, "output": 8192}
    provider: dict[str, Any] = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "agent-router",
        "options": {"baseURL": target.v1, "apiKey": f"{{env:{target.variable}}}" if target.variable else target.key},
        "models": {model: {"name": model, "limit": limit} for model in sorted(models)},
    }
    file.set("provider", "agent-router", value=provider)
    if target.main is not None:
        file.set("model", value=f"agent-router/{target.main}")
    if target.background is not None:
        file.set("small_model", value=f"agent-router/{target.background}")


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    options = file.get("provider", "agent-router", "options", default={})
    if "baseURL" not in options:
        return None
    key = str(options.get("apiKey", ""))
    if key.startswith("{env:"):
        key = settings.machine.environment.get(key[5:-1], "")
    return Pointed(options["baseURL"], key, _ours(file.get("model")), _ours(file.get("small_model")))


def _ours(model: str | None) -> str | None:
    return model.removeprefix("agent-router/") if model and model.startswith("agent-router/") else None


AGENT = Agent(
    name="opencode",
    title="opencode",
    program="opencode",
    wire="chat",
    background="titles",
    point=point,
    read=read,
)
