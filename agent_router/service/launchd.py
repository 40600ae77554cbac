"""An agent of launchd: macOS. Source: launchd.plist(5), launchctl(1)."""

from __future__ import annotations

import os
import plistlib
import re
from collections.abc import Sequence
from pathlib import Path

from agent_router.errors import ConfigError
from agent_router.service.service import MARK, Command, Program, State, answer, is_there, log_path, tail

LABEL = "agent-router"
_PID = re.compile(r"^\s*pid = (\d+)$", re.MULTILINE)
_EXIT = re.compile(r"^\s*last exit code = (.+)$", re.MULTILINE)


class Launchd:
    """`~/Library/LaunchAgents/agent-router.plist`."""

    system = "launchd"
    encoding = "utf-8"
    note = "It starts when you log in at the screen and ends when you log out."

    def __init__(self) -> None:
        self.path = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self.see_log = f"tail {log_path()}"
        self._domain = f"gui/{os.getuid()}"
        self._target = f"{self._domain}/{LABEL}"

    def check(self) -> None:
        """ConfigError where nobody is logged in at the screen: agents live in that session."""
        if not is_there("launchctl"):
            raise ConfigError("There is no launchctl here; run `agent-router serve` instead.")
        status, _, said = answer("launchctl", "print", self._domain)
        if status:
            raise ConfigError(
                f"launchd has no session of yours ({' '.join(said.split()).rstrip('.')}). Log in at this Mac's screen, "
                "and try again there; over ssh, run `agent-router serve`."
            )

    def text(self, program: Program) -> str:
        """The property list. launchd waits ten seconds before it starts one again that has failed."""
        said = {
            "Label": LABEL,
            "ProgramArguments": list(program.arguments),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ExitTimeOut": program.stop_seconds,
            # A person waits for what it answers: it is not to be slowed down as background work is.
            "ProcessType": "Interactive",
            "StandardOutPath": str(program.log),
            "StandardErrorPath": str(program.log),
        }
        written = plistlib.dumps(said, sort_keys=False).decode()
        return written.replace("<plist ", f"<!-- {MARK} -->\n<plist ", 1)

    def start(self) -> Sequence[Command]:
        """Loaded and begun. What was loaded ends in its own time, so that the new one may have to wait for it."""
        return (
            Command(("launchctl", "bootout", self._target), optional=True),
            Command(("launchctl", "enable", self._target)),
            Command(("launchctl", "bootstrap", self._domain, str(self.path)), tries=60),
        )

    def stop(self) -> Sequence[Command]:
        """Ended and unloaded."""
        return (Command(("launchctl", "bootout", self._target), optional=True),)

    def forget(self) -> Sequence[Command]:
        """An unloaded agent is forgotten with its file."""
        return ()

    def state(self) -> State:
        """As `launchctl print` has it: what is loaded starts at login."""
        status, said, _ = answer("launchctl", "print", self._target)
        if status:
            return State()
        pid, code = _PID.search(said), _EXIT.search(said)
        failed = pid is None and code is not None and code[1] not in ("0", "(never exited)")
        return State(True, int(pid[1]) if pid else None, f"last exit code: {code[1]}" if code and failed else None)

    def last_words(self) -> str:
        """The log's last lines."""
        return tail(log_path())
