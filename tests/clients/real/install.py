"""Installs the clients that are missing, each into a directory of its own, in the newest version."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.clients.real.client import CLIENTS, Client

NODE = (26, 1)
"""The version of Node that all clients run on; where the system's is older, npm's `node` is installed beside them."""
_LIMIT = 900  # seconds


def ensure(client: Client) -> None:
    """Installs the client if it is missing. AssertionError with what the installer said if that fails."""
    if client.manager == "npm":
        _ensure_node()
    if version(client) is not None:
        return
    started = time.monotonic()
    print(f"Installing {client.title} ({', '.join(client.packages)}) …", file=sys.stderr, flush=True)
    if client.manager == "npm":
        _npm(CLIENTS / client.name, *(f"{package}@latest" for package in client.packages))
    else:
        _pip(CLIENTS / client.name, *client.packages)
    print(f"{client.title} {version(client)}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def version(client: Client) -> str | None:
    """The installed version of the client's first package; None if it is not installed."""
    folder = CLIENTS / client.name
    if client.manager == "npm":
        package = folder / "node_modules" / client.packages[0] / "package.json"
        return str(json.loads(package.read_text())["version"]) if package.is_file() else None
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        return None
    name = re.split(r"[\[=<>~!]", client.packages[0])[0]
    asked = [str(python), "-c", f"import importlib.metadata as m; print(m.version({name!r}))"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


@functools.cache
def _ensure_node() -> None:
    own = CLIENTS / "node" / "node_modules" / ".bin" / "node"
    if own.exists() or _version_of("node") >= NODE:
        return
    assert shutil.which("npm"), "npm is missing: install Node, of whatever version"
    print(f"Installing Node, as the system's is older than {'.'.join(map(str, NODE))} …", file=sys.stderr, flush=True)
    _npm(CLIENTS / "node", "node@latest")


def _version_of(program: str) -> tuple[int, ...]:
    """What `--version` says; () if there is no such program."""
    found = shutil.which(program)
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout if found else ""
    return tuple(int(part) for part in re.findall(r"\d+", said))


def _npm(folder: Path, *packages: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    new = CLIENTS / "node" / "node_modules" / ".bin"  # npm takes older versions of what this Node is too old for
    path = os.pathsep.join([str(new), os.environ.get("PATH", os.defpath)])
    _run(["npm", "install", "--no-audit", "--no-fund", *packages], folder, PATH=path)


def _pip(folder: Path, *packages: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", "venv"], folder)
    _run([str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "-q", "-U", *packages], folder)


def _run(command: list[str], folder: Path, **environment: str) -> None:
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    assert ran.returncode == 0, f"{' '.join(command)}: exit {ran.returncode}\n{ran.stdout[-3000:]}"
