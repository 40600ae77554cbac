"""A user's machine with nothing configured, and the command line on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent_router.cli import output
from tests.router.cli.command import Command, command


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty configuration, and no key in the environment."""
    for name in list(os.environ):
        if name.upper().startswith("AGENT_ROUTER_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    (tmp_path / "config.toml").write_text("# mine\n")
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    for console in (output.console, output.errors):
        console.width = 200  # one that another test had made has read its width already
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`agent-router` on that machine."""
    return command(monkeypatch, capsys)
