"""`env`: variables in the shell's start-up file, for scripts and programs that take their address from there."""

from __future__ import annotations

from pathlib import Path

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile

_BLOCK = "block"


def _shell(settings: Settings) -> str:
    if settings.machine.system == "windows":
        return "powershell"
    return Path(settings.machine.environment.get("SHELL", "sh")).name


def _file(settings: Settings) -> SettingsFile:
    machine = settings.machine
    match _shell(settings):
        case "powershell":
            return settings.block(machine.home / "Documents" / "PowerShell" / "Microsoft.PowerShell_profile.ps1")
        case "fish":
            return settings.block(machine.config("fish", "conf.d", "agent-router.fish"))
        case "zsh":
            return settings.block(machine.folder("ZDOTDIR") / ".zshrc")
        case "bash":
            return settings.block(machine.home / ".bashrc")
        case _:
            return settings.block(machine.home / ".profile")


def point(settings: Settings, target: Target) -> None:
    """The names that OpenAI's own clients read, and the older one that many others do."""
    variables = {
        "OPENAI_BASE_URL": target.v1,
        "OPENAI_API_BASE": target.v1,
        "OPENAI_API_KEY": f"${target.variable}" if target.variable else target.key,
    }
    if target.main is not None:
        variables["OPENAI_MODEL"] = target.main
    form = {"powershell": '$env:{} = "{}"', "fish": 'set -gx {} "{}"'}.get(_shell(settings), 'export {}="{}"')
    if _shell(settings) == "powershell" and target.variable:
        variables["OPENAI_API_KEY"] = f"$env:{target.variable}"
    _file(settings).set(_BLOCK, value=[form.format(name, value) for name, value in variables.items()])


def read(settings: Settings) -> Pointed | None:
    lines = _file(settings).get(_BLOCK, default=[])
    said = {}
    for line in lines:
        name, _, value = (
            line.removeprefix("export ")
            .removeprefix("set -gx ")
            .removeprefix("$env:")
            .partition(" " if line.startswith("set ") else "=")
        )
        said[name.strip()] = value.strip().strip('"')
    if "OPENAI_BASE_URL" not in said:
        return None
    key = said.get("OPENAI_API_KEY", "")
    if key.startswith("$"):
        key = settings.machine.environment.get(key.removeprefix("$env:").removeprefix("$"), "")
    return Pointed(said["OPENAI_BASE_URL"], key, said.get("OPENAI_MODEL"), None)


AGENT = Agent(
    name="env",
    title="programs that read OPENAI_BASE_URL",
    program=None,
    wire="chat",
    background=None,
    point=point,
    read=read,
    then="It holds in shells that are opened from now on.",
)
