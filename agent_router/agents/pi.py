"""pi: `~/.pi/agent/models.json`, a provider; the default model in `settings.json` beside it."""

from __future__ import annotations

from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target, named
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY


def _files(settings: Settings) -> tuple[SettingsFile, SettingsFile]:
    folder = settings.machine.folder("PI_CODING_AGENT_DIR", ".pi", "agent")
    return settings.json(folder / "models.json"), settings.json(folder / "settings.json")


def point(settings: Settings, target: Target) -> None:
    models, chosen = _files(settings)
    main = target.main or "auto"
    model: dict[str, Any] = {
        "id": main,
        "contextWindow": target.context_window,
        "maxTokens": target.output,
        "input": ["text", "image"],
    }
    provider: dict[str, Any] = {
        "baseUrl": target.v1,
        "api": "openai-completions",
        "apiKey": f"${target.variable}" if target.variable else target.key,
        "headers": named("pi"),
        "models": [model],
    }
    models.set("providers", "agent-router", value=provider, mark=("baseUrl",))
    chosen.set("defaultProvider", value="agent-router")
    chosen.set("defaultModel", value=main)


def read(settings: Settings) -> Pointed | None:
    models, chosen = _files(settings)
    provider = models.get("providers", "agent-router")
    if not provider:
        return None
    key = str(provider.get("apiKey", NO_KEY))
    if key.startswith("$"):
        key = settings.machine.environment.get(key[1:], "")
    main = chosen.get("defaultModel") if chosen.get("defaultProvider") == "agent-router" else None
    return Pointed(provider["baseUrl"], key, main, None)


AGENT = Agent(
    name="pi",
    title="pi",
    program="pi",
    wire="chat",
    background=None,
    point=point,
    read=read,
)
