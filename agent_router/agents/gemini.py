"""Gemini CLI: `~/.gemini/settings.json` for the model, `~/.gemini/.env` for the address.

To it `auto` is a name of its own, for two of Google's models and a small one that chooses; the router's has its full
name, `agent-router/auto`. Its side calls have names of models too, which are told to be others one by one.
"""

from __future__ import annotations

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import RESERVED
from agent_router.settings_files.place import Item

# What it calls its side calls. Searching the web is Google's own, and stays with Google's models.
_SIDE_CALLS = (
    "classifier",
    "prompt-completion",
    "fast-ack-helper",
    "edit-corrector",
    "llm-edit-fixer",
    "summarizer-default",
    "summarizer-shell",
    "loop-detection",
    "loop-detection-double-check",
    "next-speaker-checker",
    "context-snapshotter",
)
# What shortens a conversation: by the model that had it.
_COMPRESSION = ("chat-compression-default",)


def _files(settings: Settings) -> tuple[SettingsFile, SettingsFile]:
    folder = settings.machine.folder("GEMINI_CLI_HOME") / ".gemini"
    return settings.json(folder / "settings.json"), settings.env(folder / ".env")


def point(settings: Settings, target: Target) -> None:
    file, variables = _files(settings)
    variables.set("GOOGLE_GEMINI_BASE_URL", value=target.url)
    # With the way of signing in that goes to another address, this one would not be asked.
    variables.set("GEMINI_API_KEY", value=target.key)  # as it is: no variable is looked up in this file
    file.set("security", "auth", "selectedType", value="gemini-api-key")
    if target.main is not None:
        file.set("model", "name", value=_full(target.main))
    for name in (*_SIDE_CALLS, *(_COMPRESSION if target.main is not None else ())):
        if target.background is not None:
            override = {"match": {"model": name}, "modelConfig": {"model": _full(target.background)}}
            file.set("modelConfigs", "customOverrides", Item("match.model", name), value=override)


def _full(model: str) -> str:
    return f"agent-router/{model}" if model in RESERVED else model


def read(settings: Settings) -> Pointed | None:
    file, variables = _files(settings)
    url = variables.get("GOOGLE_GEMINI_BASE_URL")
    if not url:
        return None
    place = ("modelConfigs", "customOverrides", Item("match.model", "classifier"), "modelConfig", "model")
    return Pointed(url, variables.get("GEMINI_API_KEY", default=""), file.get("model", "name"), file.get(*place))


AGENT = Agent(
    name="gemini",
    title="Gemini CLI",
    program="gemini",
    wire="gemini",
    background="how hard a turn is, summaries, corrections of edits",
    point=point,
    read=read,
    overrides=("GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA"),
    then="It reads ~/.gemini/.env only in folders that it trusts, and not where a folder has a .env of its own.",
    vendor="gemini",
)
