"""aider: three files in the home; what lies in a repository or in the environment goes before them.

The address stands with the model (`extra_params`), not as `openai-api-base`: that would move all of the user's other
models of OpenAI's dialect, and a variable of the shell would go before it.
"""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target, named
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY
from agent_router.settings_files.place import Item

_OURS = "openai/"


def _files(settings: Settings) -> tuple[SettingsFile, SettingsFile, SettingsFile]:
    machine = settings.machine
    names = ("AIDER_MODEL_SETTINGS_FILE", "AIDER_MODEL_METADATA_FILE")
    models, described = (machine.environment.get(name) for name in names)
    return (
        settings.yaml(machine.home / ".aider.conf.yml"),
        settings.yaml(machine.expanded(models) if models else machine.home / ".aider.model.settings.yml"),
        settings.json(machine.expanded(described) if described else machine.home / ".aider.model.metadata.json"),
    )


def point(settings: Settings, target: Target) -> None:
    chosen, models, described = _files(settings)
    for model in dict.fromkeys(model for model in (target.main, target.background) if model is not None):
        name = f"{_OURS}{model}"
        entry: dict[str, Any] = {
            "name": name,
            "edit_format": "diff",
            "use_repo_map": True,
            "use_temperature": False,  # which models that think refuse
            "extra_params": {"api_base": target.v1, "api_key": target.key, "extra_headers": named("aider")},
        }
        models.set(Item("name", name), value=entry, mark=("extra_params", "api_base"))
        # Else it fetches a list of prices to look the name up.
        about: dict[str, Any] = {
            "max_input_tokens": target.context_window,
            "max_output_tokens": target.output,
            "input_cost_per_token": 0,
            "output_cost_per_token": 0,
            "litellm_provider": "openai",
            "mode": "chat",
            "supports_vision": True,
        }
        described.set(name, value=about)
    if target.main is not None:
        chosen.set("model", value=f"{_OURS}{target.main}")
        chosen.set("show-model-warnings", value=False)  # of a variable that is not needed
    if target.background is not None:
        chosen.set("weak-model", value=f"{_OURS}{target.background}")


def read(settings: Settings) -> Pointed | None:
    chosen, models, _ = _files(settings)
    names = [chosen.get(name) for name in ("model", "weak-model")]
    found = [models.get(Item("name", name), "extra_params", default={}) if name else {} for name in names]
    ours = next((each for each in found if "api_base" in each), None)
    if ours is None:
        return None
    main, background = (
        name.removeprefix(_OURS) if "api_base" in each else None for name, each in zip(names, found, strict=True)
    )
    return Pointed(ours["api_base"], ours.get("api_key", NO_KEY), main, background)


AGENT = Agent(
    name="aider",
    title="aider",
    program="aider",
    wire="chat",
    background="commit messages and summaries of the conversation",
    point=point,
    read=read,
    overrides=("AIDER_MODEL", "AIDER_WEAK_MODEL"),
)
