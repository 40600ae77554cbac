"""The unit, as systemd itself reads it."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agent_router.service.service import Program
from agent_router.service.systemd import UNIT, Systemd

NASTY = ("-P", "100% $HOME ${X} \\ \"q\" 'p'", "é")


def unit(*arguments: str, stop_seconds: int = 45) -> str:
    return Systemd().text(Program(arguments, stop_seconds, Path("/l")))


def test_what_it_says() -> None:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit("/usr/bin/python3", "-m", "agent_router", stop_seconds=77))
    service = parser["Service"]
    assert service["ExecStart"] == "/usr/bin/python3 -m agent_router"
    assert service["Restart"] == "on-failure"
    # A local model's process must outlive SIGTERM until the answers that run are done.
    assert (service["KillMode"], service["TimeoutStopSec"]) == ("mixed", "77")
    assert parser["Install"]["WantedBy"] == "default.target"
    assert "User" not in service


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / UNIT
    programs = [tmp_path / "my $python 100%", tmp_path / """python of "me" and 'you'"""]
    for program in programs:
        program.symlink_to("/bin/true")

    def verify() -> str:
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
        ran = subprocess.run(
            ["systemd-analyze", "--user", "--man=no", "verify", str(path)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=60,
        )
        return "".join(line for line in ran.stderr.splitlines(True) if UNIT in line)

    for program in programs:
        path.write_text(unit(str(program), *NASTY))
        assert verify() == ""
    path.write_text(unit(str(programs[0])).replace("Restart=on-failure", "Restart=now and then"))
    assert "restart specifier" in verify(), "it does look"
    path.write_text(unit(str(tmp_path / "gone")))
    assert "gone" in verify(), "and takes the program's name as it was meant"


def test_the_folder_of_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert Systemd().path == Path("/home/me/.config/systemd/user/agent-router.service")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/cfg")
    assert Systemd().path == Path("/cfg/systemd/user/agent-router.service")
