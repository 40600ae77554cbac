"""Where things lie, and that to know it costs nearly nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from agent_router import paths


def test_the_variables_go_before_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path / "c"))
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "d"))
    monkeypatch.delenv("AGENT_ROUTER_CONFIG", raising=False)
    monkeypatch.setenv("AGENT_ROUTER_DATA", " ")
    assert paths.config_path() == tmp_path / "c" / "config.toml"
    assert paths.data_path() == tmp_path / "d"
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", "~/mine.toml")
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path / "e"))
    assert paths.config_path() == Path.home() / "mine.toml"
    assert paths.data_path() == tmp_path / "e"
    assert paths.config_folder() == tmp_path / "c"


def test_asking_loads_nothing_heavy() -> None:
    program = "import sys, agent_router.paths; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "agent_router.paths" in loaded
    assert not loaded & {"pydantic", "typer", "rich", "msgspec", "importlib.metadata", "platformdirs", "asyncio"}
