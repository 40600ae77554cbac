"""OpenClaw: `~/.openclaw/openclaw.json` (JSON5), a provider beside those that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target, named
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY
from agent_router.settings_files.place import Item

_PROVIDER = "agent-router"
_DEFAULTS = ("agents", "defaults")


def _path(settings: Settings) -> Path:
    machine = settings.machine
    if named := machine.environment.get("OPENCLAW_CONFIG_PATH"):
        return machine.expanded(named)
    if named := machine.environment.get("OPENCLAW_STATE_DIR"):
        return machine.expanded(named) / "openclaw.json"
    profile = machine.environment.get("OPENCLAW_PROFILE")
    folder = f".openclaw-{profile}" if profile and profile != "default" else ".openclaw"
    home = machine.expanded(machine.environment.get("OPENCLAW_HOME") or str(machine.home))
    return home / folder / "openclaw.json"


def _file(settings: Settings) -> SettingsFile:
    return settings.json(_path(settings))


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    names = dict.fromkeys(name for name in (target.main, target.background) if name is not None)
    window = {"contextWindow": target.context_window, "maxTokens": target.output}
    provider: dict[str, Any] = {
        "baseUrl": target.v1,
        "apiKey": f"${{{target.variable}}}" if target.variable else target.key,
        "api": "openai-completions",
        "headers": named("openclaw"),
        "models": [{"id": name, "name": name, "input": ["text", "image"], **window} for name in names],
    }
    file.set("models", "providers", _PROVIDER, value=provider, mark=("baseUrl",))
    if target.main is not None:
        whole = (*_DEFAULTS, "model")
        is_name = isinstance(file.get(*whole), str)
        file.set(*(whole if is_name else (*whole, "primary")), value=f"{_PROVIDER}/{target.main}")
    if target.background is not None:
        file.set(*_DEFAULTS, "heartbeat", "model", value=f"{_PROVIDER}/{target.background}")
        file.set(*_DEFAULTS, "utilityModel", value=f"{_PROVIDER}/{target.background}")
    if file.get(*_DEFAULTS, "modelPolicy", "allow"):
        ours = f"{_PROVIDER}/*"
        file.set(*_DEFAULTS, "modelPolicy", "allow", Item("", ours), value=ours)


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    provider = file.get("models", "providers", _PROVIDER)
    if not provider:
        return None
    key = str(provider.get("apiKey", NO_KEY))
    if key.startswith("${"):
        key = settings.machine.environment.get(key[2:-1], "")
    model = file.get(*_DEFAULTS, "model")
    main = model if isinstance(model, str) else (model or {}).get("primary")
    slots = (file.get(*_DEFAULTS, "heartbeat", "model"), file.get(*_DEFAULTS, "utilityModel"))
    return Pointed(provider["baseUrl"], key, _ours(main), next(filter(None, map(_ours, slots)), None))


def _ours(model: str | None) -> str | None:
    return model.removeprefix(f"{_PROVIDER}/") if model and model.startswith(f"{_PROVIDER}/") else None


AGENT = Agent(
    name="openclaw",
    title="OpenClaw",
    program="openclaw",
    wire="chat",
    background="heartbeats, recaps and titles",
    point=point,
    read=read,
)
