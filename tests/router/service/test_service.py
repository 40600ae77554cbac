"""What the service runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent_router.errors import ConfigError
from agent_router.service import service
from agent_router.service.service import answer, is_fleeting, program, tail


def test_it_runs_this_installation_and_gives_answers_time_to_end() -> None:
    found = program(30.5)
    assert found.arguments[:2] == (sys.executable, "-P")
    assert found.arguments[-2:] == ("--env-file", str(service.variables_path()))
    assert found.stop_seconds >= 40
    assert all(Path(word).is_absolute() for word in (found.arguments[0], found.arguments[-1], found.log))


def test_on_windows_it_has_no_window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python.exe"))
    monkeypatch.setattr(service, "config_folder", lambda: tmp_path)
    monkeypatch.setattr(service, "log_path", lambda: tmp_path / "service.log")
    assert program(30).arguments[0] == str(tmp_path / "python.exe")
    (tmp_path / "pythonw.exe").touch()
    found = program(30)
    assert found.arguments[0] == str(tmp_path / "pythonw.exe")
    assert found.arguments[-2:] == ("--log-file", str(tmp_path / "service.log"))


def test_programs_of_the_system(tmp_path: Path) -> None:
    assert answer(sys.executable, "-c", "import sys; print('said'); sys.exit('no')") == (1, "said\n", "no\n")
    with pytest.raises(ConfigError, match="There is no no-such-program-at-all"):
        answer("no-such-program-at-all")
    assert tail(tmp_path / "none") == ""
    (tmp_path / "log").write_text("".join(f"{i}\n" for i in range(9)))
    assert tail(tmp_path / "log", 2) == "7\n8"


@pytest.mark.parametrize(
    ("python", "fleeting"),
    [
        ("/home/me/.cache/uv/archive-v0/Xy1/bin/python", True),
        ("/home/me/.cache/pipx/a1b2/bin/python", True),
        ("/home/me/.local/share/uv/tools/agent-router/bin/python", False),
        ("/home/me/.local/pipx/venvs/agent-router/bin/python", False),
        ("/usr/bin/python3", False),
    ],
)
def test_what_may_be_cleaned_away(python: str, fleeting: bool) -> None:
    assert is_fleeting(python) is fleeting
