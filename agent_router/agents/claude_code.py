"""Claude Code: `~/.claude/settings.json`, whose `env` is set for every session."""

from __future__ import annotations

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile

_SMALL = "ANTHROPIC_DEFAULT_HAIKU_MODEL"


def _file(settings: Settings) -> SettingsFile:
    return settings.json(settings.machine.folder("CLAUDE_CONFIG_DIR", ".claude") / "settings.json")


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    file.set("env", "ANTHROPIC_BASE_URL", value=target.url)
    # A token needs no approval at the first start, as a key does.
    file.set("env", "ANTHROPIC_AUTH_TOKEN", value=target.key)
    if target.main is not None:
        file.set("env", "ANTHROPIC_MODEL", value=target.main)
    if target.background is not None:
        file.set("env", _SMALL, value=target.background)


def read(settings: Settings) -> Pointed | None:
    variables = _file(settings).get("env", default={})
    if "ANTHROPIC_BASE_URL" not in variables:
        return None
    return Pointed(
        variables["ANTHROPIC_BASE_URL"],
        variables.get("ANTHROPIC_AUTH_TOKEN") or variables.get("ANTHROPIC_API_KEY", ""),
        variables.get("ANTHROPIC_MODEL"),
        variables.get(_SMALL),
    )


AGENT = Agent(
    name="claude-code",
    title="Claude Code",
    program="claude",
    wire="messages",
    background="titles, topics and summaries",
    point=point,
    read=read,
    overrides=("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"),
    vendor="anthropic",
)
