"""Qwen Code: speaks chat completions. After a turn it extracts what is worth remembering, and suggests the next ask."""

from __future__ import annotations

import json

from tests.clients.real.client import Client, Place


def setup(place: Place) -> None:
    """`~/.qwen/settings.json` and `~/.qwen/.env`."""
    folder = place.home / ".qwen"
    folder.mkdir()
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
        "model": {"name": place.model},
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=2))
    (folder / ".env").write_text(
        f"OPENAI_BASE_URL={place.url}/v1\nOPENAI_API_KEY=agent-router\nOPENAI_MODEL={place.model}\n"
    )


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("qwen", "--yolo", *(["--continue"] if resume else []), "-p", prompt)


def background(place: Place) -> str:
    return ask(place, "SAY hello", False)


CLIENT = Client(
    name="qwen-code",
    title="Qwen Code",
    manager="npm",
    packages=("@qwen-code/qwen-code",),
    connect="qwen",
    setup=setup,
    ask=ask,
    background=background,
    calls=("memory",),
)
