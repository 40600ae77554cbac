"""Continue, in editors and on the command line: `~/.continue/config.yaml`, one more model."""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target, named
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY
from agent_router.settings_files.place import Item

_NAME = "agent-router"


def _file(settings: Settings) -> SettingsFile:
    return settings.yaml(settings.machine.folder("CONTINUE_GLOBAL_DIR", ".continue") / "config.yaml")


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    for name, value in (("name", "Local Config"), ("version", "1.0.0"), ("schema", "v1")):
        if file.get(name) is None:  # without them it is no configuration
            file.set(name, value=value)
    model: dict[str, Any] = {
        "name": _NAME,
        "provider": "openai",
        "model": target.main or "auto",
        "apiBase": target.v1,
        "apiKey": f"${{{{ secrets.{target.variable} }}}}" if target.variable else target.key,
        "requestOptions": {"headers": named("continue")},
        "roles": ["chat", "edit", "apply", "summarize"],
        "capabilities": ["tool_use", "image_input"],
        "defaultCompletionOptions": {"contextLength": target.context_window, "maxTokens": target.output},
    }
    # The first that can chat is the one that is taken, until the user chooses another.
    file.set("models", Item("name", _NAME, first=True), value=model, mark=("apiBase",))


def read(settings: Settings) -> Pointed | None:
    model = _file(settings).get("models", Item("name", _NAME))
    if not model:
        return None
    key = str(model.get("apiKey", NO_KEY))
    if key.startswith("${{"):
        key = settings.machine.environment.get(key[3:-2].strip().removeprefix("secrets."), "")
    return Pointed(model["apiBase"], key, model["model"], None)


AGENT = Agent(
    name="continue",
    title="Continue",
    program="cn",
    wire="chat",
    background=None,
    point=point,
    read=read,
    then="If you have chosen another model there before, choose agent-router with /model.",
)
