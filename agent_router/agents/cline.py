"""Cline's command line: `~/.cline/data/settings/providers.json`, as its own `cline auth` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile

_PROVIDER = "openai-compatible"


def _path(settings: Settings) -> Path:
    machine = settings.machine
    if named := machine.environment.get("CLINE_PROVIDER_SETTINGS_PATH"):
        return machine.expanded(named)
    if named := machine.environment.get("CLINE_DATA_DIR"):
        return machine.expanded(named) / "settings" / "providers.json"
    return machine.folder("CLINE_DIR", ".cline") / "data" / "settings" / "providers.json"


def _file(settings: Settings) -> SettingsFile:
    return settings.json(_path(settings))


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    chosen: dict[str, Any] = {
        "provider": _PROVIDER,
        "apiKey": target.key,
        "model": target.main or "auto",
        "baseUrl": target.v1,
    }
    if file.get("version") is None:
        file.set("version", value=1)
    file.set("lastUsedProvider", value=_PROVIDER)
    # It takes an entry without a time for broken, and then forgets all of them.
    entry = {"settings": chosen, "updatedAt": "2026-01-01T00:00:00.000Z", "tokenSource": "manual"}
    file.set("providers", _PROVIDER, value=entry, mark=("settings", "baseUrl"))  # it writes the time anew


def read(settings: Settings) -> Pointed | None:
    file = _file(settings)
    chosen = file.get("providers", _PROVIDER, "settings", default={})
    if file.get("lastUsedProvider") != _PROVIDER or "baseUrl" not in chosen:
        return None
    return Pointed(chosen["baseUrl"], chosen.get("apiKey", ""), chosen.get("model"), None)


AGENT = Agent(
    name="cline",
    title="Cline",
    program="cline",
    wire="chat",
    background=None,
    point=point,
    read=read,
)
