"""opencode: `~/.config/opencode/opencode.json`, a provider of the AI SDK's openai-compatible kind."""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY

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
    described = {
        "attachment": True,
        "tool_call": True,
        "limit": {"context": target.context_window, "output": target.output},
        "modalities": {"input": ["text", "image"], "output": ["text"]},
        "cost": {"input": 0, "output": 0},
    }
    options = {"baseURL": target.v1}
    if target.variable:
        options["apiKey"] = f"{{env:{target.variable}}}"
    provider: dict[str, Any] = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "agent-router",
        "options": options,
        "models": {model: {"name": model, **described} for model in sorted(models)},
    }
    file.set("provider", "agent-router", value=provider, mark=("options", "baseURL"))
    if target.main is not None:
        file.set("model", value=f"agent-router/{target.main}")
    if target.background is not None:
        file.set("small_model", value=f"agent-router/{target.background}")


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    options = file.get("provider", "agent-router", "options", default={})
    if "baseURL" not in options:
        return None
    key = str(options.get("apiKey", NO_KEY))
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
