"""Claude Code: `~/.claude/settings.json`, whose `env` is set for every session."""

from __future__ import annotations

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile

_SMALL = "ANTHROPIC_DEFAULT_HAIKU_MODEL"
_SMALL_BEFORE = "ANTHROPIC_SMALL_FAST_MODEL"  # its old name, which goes before it where it is set


def _file(settings: Settings) -> SettingsFile:
    return settings.json(settings.machine.folder("CLAUDE_CONFIG_DIR", ".claude") / "settings.json")


def point(settings: Settings, target: Target) -> None:
    file = _file(settings)
    file.set("env", "ANTHROPIC_BASE_URL", value=target.url)
    # A token needs no approval at the first start, as a key does.
    file.set("env", "ANTHROPIC_AUTH_TOKEN", value=target.key)
    if target.main is not None:
        file.set("env", "ANTHROPIC_MODEL", value=target.main)
        file.set("env", "CLAUDE_CODE_MAX_CONTEXT_TOKENS", value=str(target.context_window))
    if target.background is not None:
        file.set("env", _SMALL, value=target.background)
        if file.get("env", _SMALL_BEFORE) is not None:
            file.set("env", _SMALL_BEFORE, value=target.background)

    if target.status_line and file.get("statusLine") is None:  # the user's own stays
        file.set("statusLine", value={"type": "command", "command": target.status_line})


def read(settings: Settings) -> Pointed | None:
    variables = _file(settings).get("env", default={})
    if "ANTHROPIC_BASE_URL" not in variables:
        return None
    return Pointed(
        variables["ANTHROPIC_BASE_URL"],
        variables.get("ANTHROPIC_AUTH_TOKEN") or variables.get("ANTHROPIC_API_KEY", ""),
        variables.get("ANTHROPIC_MODEL"),
        variables.get(_SMALL_BEFORE) or variables.get(_SMALL),
    )


AGENT = Agent(
    name="claude-code",
    title="Claude Code",
    program="claude",
    wire="messages",
    background="titles and topics",
    point=point,
    read=read,
    overrides=("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"),
    vendor="anthropic",
)
