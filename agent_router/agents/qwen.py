"""Qwen Code: `~/.qwen/settings.json`, a model of a provider that speaks OpenAI's dialect."""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings_files.place import Item

_VARIABLE = "AGENT_ROUTER_API_KEY"
_MODELS = ("modelProviders", "openai")
_AUTH = ("security", "auth", "selectedType")


def _file(settings: Settings) -> SettingsFile:
    return settings.json(settings.machine.folder("QWEN_HOME", ".qwen") / "settings.json")


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    if not target.variable:
        file.set("env", _VARIABLE, value=target.key)
    for name in dict.fromkeys(name for name in (target.main, target.background) if name is not None):
        model: dict[str, Any] = {
            "id": name,
            "name": f"{name} (agent-router)",
            "baseUrl": target.v1,
            "envKey": target.variable or _VARIABLE,
            "generationConfig": {"contextWindowSize": target.context_window},
        }
        file.set(*_MODELS, Item("id", name), value=model, mark=("baseUrl",))
    if target.main is not None:
        file.set(*_AUTH, value="openai")
        file.set("model", "name", value=target.main)
    if target.background is not None:
        # Where the main model is another vendor's, the name alone would be looked for there.
        other = file.get(*_AUTH, default="openai") != "openai"
        file.set("fastModel", value=f"openai:{target.background}" if other else target.background)


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    main, background = file.get("model", "name"), file.get("fastModel")
    background = background.removeprefix("openai:") if background else None
    found = [file.get(*_MODELS, Item("id", name)) for name in (main, background) if name]
    ours = next((model for model in found if model and str(model.get("name", "")).endswith("(agent-router)")), None)
    if ours is None:
        return None
    key = file.get("env", ours["envKey"]) or settings.machine.environment.get(ours["envKey"], "")
    return Pointed(ours["baseUrl"], key, main, background)


AGENT = Agent(
    name="qwen",
    title="Qwen Code",
    program="qwen",
    wire="chat",
    background="titles, what to remember, what to ask next",
    point=point,
    read=read,
)
