"""A service of the user's own session: what it runs, and what each system must be able to do with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import platformdirs

from agent_router.errors import ConfigError
from agent_router.paths import APP, config_folder

MARK = "Written by `agent-router service install`, which writes it anew; `agent-router service remove` takes it away."
"""What tells a file of ours from one that the user has made."""


class Program(NamedTuple):
    """What the service runs: absolute `arguments`; `stop_seconds` that it may take to finish running answers; `log`,
    where what it says goes on systems that keep no log for it."""

    arguments: tuple[str, ...]
    stop_seconds: int
    log: Path


class State(NamedTuple):
    """What the system knows of the service. `enabled`: it starts at login. `pid`: its process, None while there is
    none. `problem`: why it does not run, in the system's words, if it says so."""

    enabled: bool = False
    pid: int | None = None
    problem: str | None = None


class Command(NamedTuple):
    """A program to run. One that is `optional` may fail: what it undoes may not be there. `tries`: a second each."""

    words: tuple[str, ...]
    optional: bool = False
    tries: int = 1


class Service(Protocol):
    """The router as a service on one system. Nothing here needs an administrator."""

    system: str
    """Its name for people: `systemd`."""
    path: Path
    """The file that says what the service is."""
    encoding: str
    """That file's."""
    note: str
    """What a user of this system should know."""
    see_log: str
    """The command that shows what the service said."""

    def check(self) -> None:
        """ConfigError, with what to do instead, where the system runs no services for this user."""

    def text(self, program: Program) -> str:
        """The file's content."""
        ...

    def start(self) -> Sequence[Command]:
        """Makes the system read the file, run the service now, and from now on at login."""
        ...

    def stop(self) -> Sequence[Command]:
        """Ends the service, so that the file can go."""
        ...

    def forget(self) -> Sequence[Command]:
        """What is left to do when the file has gone."""
        ...

    def state(self) -> State:
        """What the system knows of it now."""
        ...

    def last_words(self) -> str:
        """The end of what the service said; empty where that is not known."""
        ...


def variables_path() -> Path:
    """The service's file of variables: in the platform's config folder, because there is one service a user."""
    return config_folder() / "service.env"


def log_path() -> Path:
    """Where the service's words go where the system keeps no log."""
    return Path(platformdirs.user_log_dir(APP, appauthor=False)) / "service.log"


def program(drain_seconds: float) -> Program:
    """This very installation's `serve`. `-P`: what lies in the folder that it is started in is never imported."""
    python = Path(sys.executable)
    arguments = [str(python), "-P", "-m", "agent_router", "serve", "--env-file", str(variables_path())]
    if sys.platform == "win32":
        windowless = python.with_name("pythonw.exe")
        arguments[0] = str(windowless if windowless.exists() else python)
        arguments += ["--log-file", str(log_path())]
    return Program(tuple(arguments), int(drain_seconds) + 15, log_path())


def is_fleeting(python: str) -> bool:
    """Whether an interpreter lies where `uvx` and `pipx run` put it for a while."""
    parts = Path(python).parts
    return ("uv" in parts and any(part.startswith("archive-v") for part in parts)) or (
        "pipx" in parts and ".cache" in parts
    )


def answer(*words: str) -> tuple[int, str, str]:
    """(status, output, errors) of a program of the system. ConfigError if there is no such program, or no end."""
    # In the C locale: what it says is read.
    spoken = {**os.environ, "LC_ALL": "C"}
    try:
        ran = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=90, check=False, env=spoken
        )
    except FileNotFoundError:
        raise ConfigError(f"There is no {words[0]} here.") from None
    except OSError as error:
        raise ConfigError(f"{words[0]} cannot be run: {error.strerror}.") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"`{' '.join(words)}` did not end within 90 s.") from None
    return ran.returncode, ran.stdout, ran.stderr


def is_there(name: str) -> bool:
    """Whether there is such a program on the PATH."""
    return shutil.which(name) is not None


def tail(path: Path, lines: int = 5) -> str:
    """The last lines of a log; empty where there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
