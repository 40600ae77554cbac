"""`env`: variables in the shell's start-up file, for scripts and programs that take their address from there."""

from __future__ import annotations

import re
from pathlib import Path

from agent_router.agents.agent import Agent, Pointed, Target
from agent_router.agents.settings import Settings, SettingsFile
from agent_router.settings import NO_KEY

_BLOCK = "block"
_SET = re.compile(r"(OPENAI_\w+)(?: = |=| )\"([^\"]*)\"")


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
        case "bash" if machine.system == "darwin":  # whose terminals open login shells, which read no .bashrc
            own = machine.home / ".bash_profile"
            return settings.block(own if own.exists() else machine.home / ".profile")
        case "bash":
            return settings.block(machine.home / ".bashrc")
        case _:
            return settings.block(machine.home / ".profile")


# How a shell sets a variable, and how it does so where none is set.
_FORMS = {
    "powershell": ('$env:{} = "{}"', 'if (-not $env:{0}) {{ $env:{0} = "{1}" }}'),
    "fish": ('set -gx {} "{}"', 'set -q {0}; or set -gx {0} "{1}"'),
    "": ('export {}="{}"', 'export {0}="${{{0}:-{1}}}"'),
}


def point(settings: Settings, target: Target) -> None:
    """The names that OpenAI's own clients read, and the older one that many others do. A key that the user has stays:
    the router itself may need it for its upstream."""
    shell = _shell(settings)
    always, where_none = _FORMS.get(shell, _FORMS[""])
    lines = [always.format(name, target.v1) for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE")]
    if target.variable:
        variable = f"$env:{target.variable}" if shell == "powershell" else f"${target.variable}"
        lines.append(always.format("OPENAI_API_KEY", variable))
    else:
        lines.append(where_none.format("OPENAI_API_KEY", target.key))
    if target.main is not None:
        lines.append(always.format("OPENAI_MODEL", target.main))
    _file(settings).set(_BLOCK, value=lines)


def read(settings: Settings) -> Pointed | None:
    lines = _file(settings).get(_BLOCK, default=[])
    said = {found[1]: found[2] for line in lines if (found := _SET.search(line))}
    if "OPENAI_BASE_URL" not in said:
        return None
    named = re.match(r"\$(?:env:)?(\w+)$", said.get("OPENAI_API_KEY", ""))
    key = settings.machine.environment.get(named[1], "") if named else NO_KEY
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
