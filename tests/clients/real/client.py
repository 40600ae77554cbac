"""A client as people run it, and the place where it runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

ROOT = Path(__file__).resolve().parents[3]
CLIENTS = Path(os.environ.get("AGENT_ROUTER_CLIENTS") or ROOT / ".clients")
"""The folder of the installed clients."""
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there: who wants to leave this machine, fails."""


@dataclass(frozen=True)
class Place:
    """Where a client runs: everything of its own, so that nothing of the user's is touched.

    install: its own directory. home: HOME of the run. work: its working directory, a git repository with one file. url:
    the router, without /v1. model: what it is to ask for. small: the same for what it asks on its own account; "" for
    the same model.
    """

    install: Path
    home: Path
    work: Path
    url: str
    model: str = "auto"
    small: str = ""

    @property
    def path(self) -> str:
        """PATH: its own programs first, then a Node that is new enough."""
        own = [
            self.install / "venv" / "bin",
            self.install / "node_modules" / ".bin",
            CLIENTS / "node" / "node_modules" / ".bin",
        ]
        return os.pathsep.join([*map(str, own), os.environ.get("PATH", os.defpath)])

    def environment(self, **more: str) -> dict[str, str]:
        """What a program that runs here is given: nothing of the user's, and no way out of this machine."""
        folders = {f"XDG_{name}_HOME": str(self.home / where) for name, where in _FOLDERS.items()}
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
        return {
            "PATH": self.path,
            "HOME": str(self.home),
            "USER": "user",
            "SHELL": "/bin/bash",
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "DO_NOT_TRACK": "1",
            "TMPDIR": str(self.home / "tmp"),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "no_proxy": "127.0.0.1,localhost",
            "NO_PROXY": "127.0.0.1,localhost",
            **folders,
            **proxies,
            **more,
        }

    def connect(self, name: str) -> None:
        """`agent-router connect NAME`, as its user runs it, in this home."""
        command = ["connect", name, "--url", self.url, "--main", self.model, "--background", self.small or self.model]
        nothing = {each: "" for each in os.environ if each.startswith("AGENT_ROUTER_") or each.endswith("_API_KEY")}
        environment = os.environ | self.environment() | {"PATH": os.environ["PATH"]}
        done = subprocess.run(
            [sys.executable, "-m", "agent_router", *command],
            env={each: value for each, value in environment.items() if each not in nothing},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def leave(self) -> None:
        """Ends what a client left running behind it: daemons and the like, known by their HOME."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get("HOME") == str(self.home):
                    process.kill()

    def run(self, *command: str, stdin: str = "", limit: float = 90, **environment: str) -> str:
        """What a command shows, stdout and stderr together.

        limit: seconds. AssertionError with the text at a bad exit or at the limit.
        """
        given = self.environment(**environment)
        program = shutil.which(command[0], path=given["PATH"]) or command[0]
        process = subprocess.Popen(
            [program, *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.work,
            env=given,
            start_new_session=True,
        )
        try:
            shown = process.communicate(stdin.encode(), timeout=limit)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            _end(process)
            shown = process.communicate()[0].decode(errors="replace")
            raise AssertionError(f"{' '.join(command)}: not done within {limit:g} s\n{shown}") from None
        finally:
            _end(process)
        assert process.returncode == 0, f"{' '.join(command)}: exit {process.returncode}\n{shown}"
        return shown


_FOLDERS = {"CONFIG": ".config", "DATA": ".local/share", "STATE": ".local/state", "CACHE": ".cache"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Client:
    """One client, and how it is driven.

    name: "codex". title: "Codex CLI". packages: what is installed when it is missing, in the newest version; the
    first is the client itself. connect: its NAME in `agent-router connect NAME`; None for those that take the address
    from their environment or from the program. setup: writes the configuration that a user would have. ask: (place,
    prompt, go on with the last session?) → all that it showed. background: makes it do its background call; None if
    it has none. calls: the kinds of background calls that the ledger must show afterwards. agent: what the ledger calls
    it, where that is not its name: a program written with a library that only says its own.
    """

    name: str
    title: str
    manager: Literal["npm", "pypi"]
    packages: tuple[str, ...]
    connect: str | None
    setup: Callable[[Place], None]
    ask: Callable[[Place, str, bool], str]
    background: Callable[[Place], str] | None
    calls: tuple[str, ...]
    agent: str = ""

    @property
    def known(self) -> str:
        """What the ledger calls it."""
        return self.agent or self.name


def place(client: str, folder: Path, url: str, model: str = "auto") -> Place:
    """A place of its own for a client, in an empty folder."""
    home, work = folder / "home", folder / "work"
    for each in (home / "tmp", work):
        each.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = User\n\temail = user@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    (work / "colours.txt").write_text("red\ngreen\nblue\n")
    made = Place(CLIENTS / client, home, work, url, model)
    made.run("git", "init", "-q")
    made.run("git", "add", "-A")
    made.run("git", "commit", "-qm", "Colours")
    return made
