"""A user unit of systemd: Linux. Source: systemd.service(5), systemd.exec(5), systemd.syntax(7)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from agent_router.errors import ConfigError
from agent_router.service.service import MARK, Command, Program, State, answer, is_there

UNIT = "agent-router.service"
_PLAIN = re.compile(r"[\w/.:=+,-]+", re.ASCII)
_ASK = "LoadState,UnitFileState,ActiveState,SubState,MainPID,Result"


class Systemd:
    """`~/.config/systemd/user/agent-router.service`."""

    system = "systemd"
    encoding = "utf-8"
    note = (
        "It starts when you log in and ends when your last session does. On a machine where nobody logs in, or to have "
        "it from boot on: loginctl enable-linger"
    )
    see_log = f"journalctl --user -u {UNIT}"

    def __init__(self) -> None:
        folder = os.environ.get("XDG_CONFIG_HOME", "").strip()
        self.path = (Path(folder) if folder else Path.home() / ".config") / "systemd" / "user" / UNIT

    def check(self) -> None:
        """ConfigError where systemd manages nothing for this user: in a container, say."""
        status, said = 1, "there is no systemctl"
        if is_there("systemctl"):
            status, _, said = answer("systemctl", "--user", "show-environment")
        if status:
            reason = " ".join(said.split()).rstrip(".") or "it does not answer"
            raise ConfigError(
                f"systemd runs no services for this user here ({reason}). In a container, let whatever starts the "
                "container run `agent-router serve`; after su or sudo, log in as this user itself "
                "(`machinectl shell USER@`), or run `loginctl enable-linger` once. "
                "`agent-router service install --print` shows what would be written."
            )

    def text(self, program: Program) -> str:
        """The unit. It is started again after a failure, but not for ever where every start fails."""
        return f"""\
# {MARK}
[Unit]
Description=agent-router: a local endpoint in front of your agents
StartLimitIntervalSec=600
StartLimitBurst=20

[Service]
Type=exec
ExecStart={_command(program.arguments)}
Restart=on-failure
RestartSec=5
# The router alone is told to end: it lets its models' processes finish the answers that run.
KillMode=mixed
TimeoutStopSec={program.stop_seconds}
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""

    def start(self) -> Sequence[Command]:
        """Read, enabled, begun; begun anew where it runs."""
        return (
            _systemctl("daemon-reload"),
            _systemctl("reset-failed", UNIT, optional=True),
            _systemctl("enable", UNIT),
            _systemctl("restart", UNIT),
        )

    def stop(self) -> Sequence[Command]:
        """Ended, and no longer begun at login."""
        return (_systemctl("disable", "--now", UNIT, optional=True),)

    def forget(self) -> Sequence[Command]:
        """Nothing of it is remembered."""
        return _systemctl("daemon-reload"), _systemctl("reset-failed", UNIT, optional=True)

    def state(self) -> State:
        """As `systemctl --user show` has it."""
        status, said, _ = answer("systemctl", "--user", "show", UNIT, "--property", _ASK)
        found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        if status or found.get("LoadState") == "not-found":
            return State()
        pid = int(found.get("MainPID") or 0)
        runs = found.get("ActiveState") in ("active", "reloading") and pid > 0
        failed = found.get("ActiveState") == "failed" or found.get("SubState") == "auto-restart"
        words = f"{found.get('SubState', 'failed')}: {found.get('Result', 'unknown')}"
        return State(found.get("UnitFileState") == "enabled", pid if runs else None, words if failed else None)

    def last_words(self) -> str:
        """The journal's last lines of it."""
        if not is_there("journalctl"):
            return ""
        status, said, _ = answer("journalctl", "--user", "-u", UNIT, "-n", "5", "-o", "cat", "--no-pager")
        return "" if status else said.strip()


def _systemctl(*words: str, optional: bool = False) -> Command:
    return Command(("systemctl", "--user", *words), optional)


def _command(words: Sequence[str]) -> str:
    """ExecStart: `%` and `$` stand for themselves. A program's name may have no quotes, and its `$` is not doubled."""
    program, *arguments = ["/usr/bin/env", *words] if set(words[0]) & set("\"'\\") else words
    return " ".join([_quoted(program), *(_quoted(word).replace("$", "$$") for word in arguments)])


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
