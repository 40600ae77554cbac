"""aider: `~/.aider.conf.yml`, which one in a repository goes before."""

from __future__ import annotations

from agent_router.agents.agent import NO_KEY, Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile


def _file(settings: Settings) -> SettingsFile:
    return settings.yaml(settings.machine.home / ".aider.conf.yml")


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    file.set("openai-api-base", value=target.v1)
    file.set("openai-api-key", value=target.key)
    if target.main is not None:
        file.set("model", value=f"openai/{target.main}")
        # It would ask whether its own list of models is to be looked at for a name that it does not have.
        file.set("show-model-warnings", value=False)
    if target.background is not None:
        file.set("weak-model", value=f"openai/{target.background}")


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    url = file.get("openai-api-base")
    if not url:
        return None
    names = [file.get(name) for name in ("model", "weak-model")]
    main, background = (str(name).removeprefix("openai/") if name else None for name in names)
    return Pointed(url, file.get("openai-api-key", default=NO_KEY), main, background)


AGENT = Agent(
    name="aider",
    title="aider",
    program="aider",
    wire="chat",
    background="commit messages and summaries of the conversation",
    point=point,
    read=read,
    overrides=("AIDER_MODEL", "AIDER_OPENAI_API_BASE", "AIDER_WEAK_MODEL"),
)
