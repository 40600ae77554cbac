"""A user's machine with a service manager of each kind, which really starts what it is told to start."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent_router.service.launchd import Launchd
from agent_router.service.service import Service
from agent_router.service.systemd import Systemd
from agent_router.service.task_scheduler import TaskScheduler

KINDS: dict[str, type[Any]] = {"systemd": Systemd, "launchd": Launchd, "task scheduler": TaskScheduler}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def runs(pid: int | None) -> bool:
    """Whether a process runs; one that has ended and that nobody has looked after yet does not."""
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Machine:
    """Its home, the programs on its PATH, and the port that its router is told to take."""

    def __init__(self, home: Path, kind: str) -> None:
        self.home = home
        self.kind = kind
        self.bin = home / "bin"
        self.port = free_port()

    @property
    def service(self) -> Service:
        made: Service = KINDS[self.kind]()
        return made

    @property
    def variables(self) -> Path:
        return self.home / ".config" / "agent-router" / "service.env"

    @property
    def calls(self) -> list[list[str]]:
        """What the system's programs were asked, without the questions."""
        file = self.bin / "calls.jsonl"
        found = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [call for call in found if not {"show", "show-environment", "print", "/Query"} & set(call)]

    @property
    def pid(self) -> int | None:
        state = self.bin / "state.json"
        return json.loads(state.read_text()).get("pid") if state.exists() else None

    def files(self) -> set[str]:
        """All files that are not the programs' own."""
        found = (path for path in self.home.rglob("*") if path.is_file() and self.bin not in path.parents)
        return {str(path.relative_to(self.home)) for path in found}

    def end(self) -> None:
        if self.pid and runs(self.pid):
            for process in (*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)):
                process.kill()


def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> Machine:
    """A machine with nothing but a configuration that names a free port; `agent-router service` uses this kind."""
    for name in list(os.environ):
        if name.upper().startswith(("AGENT_ROUTER_", "XDG_", "SUDO_")) or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    made = Machine(tmp_path, kind)
    made.bin.mkdir()
    script = Path(__file__).with_name("scripted.py").read_text()
    for name in ("systemctl", "journalctl", "launchctl", "schtasks"):
        (made.bin / name).write_text(f"#!{sys.executable}\n{script}")
        (made.bin / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{made.bin}:{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    config = tmp_path / ".config" / "agent-router" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[server]\nport = {made.port}\n")
    monkeypatch.setattr("agent_router.cli.service.service_here", KINDS[kind])
    return made
