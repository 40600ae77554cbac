"""llm: `extra-openai-models.yaml` in its folder, and the default model beside it.

With llm in the same environment as the router no settings are needed: the router is a plugin of llm's
(`llm -m agent-router/auto`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target, named
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY
from agent_router.settings_files.place import Item

_NAME = "agent-router/{}"  # as the plugin calls it


def _folder(settings: Settings) -> Path:
    """As click's get_app_dir("io.datasette.llm") has it."""
    machine = settings.machine
    if named := machine.environment.get("LLM_USER_PATH"):
        return machine.expanded(named)
    if machine.system == "windows":
        return machine.folder("APPDATA", "AppData", "Roaming") / "io.datasette.llm"
    if machine.system == "darwin":
        return machine.home / "Library" / "Application Support" / "io.datasette.llm"
    return machine.config("io.datasette.llm")


def _files(settings: Settings) -> tuple[SettingsFile, SettingsFile]:
    folder = _folder(settings)
    return settings.yaml(folder / "extra-openai-models.yaml"), settings.line(folder / "default_model.txt")


def point(settings: Settings, target: Target) -> None:
    models, default = _files(settings)
    main = target.main or "auto"
    name = _NAME.format(main)
    model: dict[str, Any] = {
        "model_id": name,
        "model_name": main,
        "api_base": target.v1,
        "supports_schema": True,
        "supports_tools": True,
        "vision": True,
    }
    # It calls itself by its library's name, and finds keys by a name of its own, in no variable that could be said.
    headers = named("llm")
    model["headers"] = headers | ({"authorization": f"Bearer {target.key}"} if target.variable else {})
    models.set(Item("model_id", name), value=model, mark=("api_base",))
    default.set("model", value=name)


def read(settings: Settings) -> Pointed | None:
    models, default = _files(settings)
    name = str(default.get("model", default=""))
    model = models.get(Item("model_id", name)) if name else None
    if not model or not name.startswith(_NAME.format("")):
        return None
    key = str(model.get("headers", {}).get("authorization", NO_KEY)).removeprefix("Bearer ")
    return Pointed(model["api_base"], key, model["model_name"], None)


AGENT = Agent(
    name="llm",
    title="llm",
    program="llm",
    wire="chat",
    background=None,
    point=point,
    read=read,
    overrides=("LLM_MODEL",),
)
