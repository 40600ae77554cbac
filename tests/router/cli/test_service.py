"""`agent-router service`, against scripted systemctl, launchctl and schtasks that really start a router."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from agent_router import env_file
from agent_router.service import installation
from tests.router.cli.command import Command, command
from tests.router.service.systems import KINDS, Machine, machine, runs

pytestmark = pytest.mark.slow  # most of them start a router

SECRET = "sk-not-to-be-seen-anywhere"


@pytest.fixture(params=list(KINDS))
def there(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = machine(tmp_path, monkeypatch, request.param)
    yield made
    made.end()


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = machine(tmp_path, monkeypatch, "systemd")
    yield made
    made.end()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(monkeypatch, capsys)


def test_installed_twice_looked_at_and_removed_twice(there: Machine, run: Command) -> None:
    before = there.files()
    ran = run("service", "install")
    assert ran.status == 0, ran.err
    # The whole of what is written is printed, with its path, and before anything is written.
    for path in (there.variables, there.service.path):
        assert str(path) in ran.out
    for line in there.service.path.read_bytes().decode(there.service.encoding).splitlines():
        assert line.strip() in ran.out
    assert f"The router runs at http://127.0.0.1:{there.port}" in ran.out
    if os.name == "posix":
        assert there.variables.stat().st_mode & 0o777 == 0o600
    first = there.pid

    found = run("service", "status", "--json").json
    assert {name: found[name] for name in ("installed", "enabled", "running", "answers", "up_to_date")} == {
        "installed": True,
        "enabled": True,
        "running": True,
        "answers": True,
        "up_to_date": True,
    }
    assert (found["address"], found["pid"]) == (f"http://127.0.0.1:{there.port}", first)
    assert found["address_is_the_services"] is True
    assert abs(psutil.Process(first).create_time() - datetime.fromisoformat(found["since"]).timestamp()) < 2
    told = run("service").out
    assert f"process {first}" in told
    assert "starts" in told
    assert f"http://127.0.0.1:{there.port} answers: ok" in told

    again = run("service", "install", "--json")
    assert again.status == 0, again.out
    assert again.json["running"] is True
    assert there.pid != first, "the running one is replaced by what was installed"
    assert not runs(first)

    removed = run("service", "remove")
    assert removed.status == 0, removed.err
    for path in (there.variables, there.service.path):
        assert str(path) in removed.out
    assert not runs(there.pid)
    data = {name for name in there.files() if name.startswith(".local/share/agent-router/")}
    assert there.files() - data == before
    second = run("service", "remove")
    assert (second.status, second.err) == (0, "")
    assert "nothing was removed" in second.out
    assert run("service", "status", "--json").json["installed"] is False


def test_print_only_prints(there: Machine, run: Command) -> None:
    (there.bin / "absent").touch()  # not even a service manager is needed
    before = there.files()
    ran = run("service", "install", "--print")
    assert ran.status == 0, ran.err
    assert there.files() == before
    assert there.calls == []
    found = run("service", "install", "--print", "--json").json
    assert [file["path"] for file in found["files"]] == [str(there.variables), str(there.service.path)]
    for file in found["files"]:
        for line in file["text"].splitlines():
            assert line.strip() in ran.out
    for line in found["commands"]:
        assert line in ran.out
    assert there.files() == before


def test_one_that_has_ended_is_said_to_have(linux: Machine, run: Command) -> None:
    assert run("service", "install", "--json").status == 0
    process = psutil.Process(linux.pid)
    process.terminate()
    psutil.wait_procs([process], timeout=20)
    found = run("service", "status", "--json").json
    assert (found["installed"], found["running"], found["answers"], found["since"]) == (True, False, False, None)
    assert "running    no" in run("service", "status").out
    with socket.create_server(("127.0.0.1", linux.port)):
        assert "another program has the port" in run("service", "status").out


def test_the_service_sees_where_this_users_things_lie(
    linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = linux.home / "with space, 'quotes' and $HOME"
    elsewhere.mkdir()
    (elsewhere / "mine.toml").write_text(f"[server]\nport = {linux.port}\n")
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(elsewhere / "mine.toml"))
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("AGENT_ROUTER_DATA", "data")  # not where the service is started
    ran = run("service", "install")
    assert ran.status == 0, ran.err
    assert (elsewhere / "data" / "ledger.sqlite3").exists()
    assert env_file.read(linux.variables) == {
        "AGENT_ROUTER_CONFIG": str(elsewhere / "mine.toml"),
        "AGENT_ROUTER_DATA": str(elsewhere / "data"),
    }
    # Another shell, in which they are not set, is told of the service's address and not of its own.
    monkeypatch.delenv("AGENT_ROUTER_CONFIG")
    monkeypatch.delenv("AGENT_ROUTER_DATA")
    (linux.home / ".config" / "agent-router" / "config.toml").unlink()
    assert run("service", "status", "--json").json["address"] == f"http://127.0.0.1:{linux.port}"
    run("service", "remove")
    assert (elsewhere / "data" / "ledger.sqlite3").exists()


def test_keys_are_copied_only_when_the_user_says_so(
    linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    ran = run("service", "install")
    assert "does not see OPENAI_API_KEY" in ran.out
    for way in ("--save-keys", str(linux.variables), "key_keyring"):
        assert way in ran.out
    assert SECRET not in linux.variables.read_text()
    assert "the service does not see it" in run("service").out
    assert run("service", "status", "--json").json["keys"] == {"OPENAI_API_KEY": "shell only"}

    for arguments in (["--save-keys"], ["--save-keys", "--json"], ["--print", "--save-keys"]):
        ran = run("service", "install", *arguments)
        assert ran.status == 0, ran.err
        assert SECRET not in ran.out + ran.err
        assert "OPENAI_API_KEY" in ran.out
    assert env_file.read(linux.variables)["OPENAI_API_KEY"] == SECRET
    assert linux.variables.stat().st_mode & 0o777 == 0o600
    assert SECRET not in linux.service.path.read_bytes().decode(linux.service.encoding)
    assert SECRET not in json.dumps(linux.calls)

    monkeypatch.delenv("OPENAI_API_KEY")
    (linux.home / ".config" / "agent-router" / "config.toml").write_text(
        f"[server]\nport = {linux.port}\n[upstreams.openai]\n[upstreams.anthropic]\n"
    )
    assert run("service", "install", "--json").json["keys"] == {
        "OPENAI_API_KEY": "service.env",  # saved once, it stays
        "ANTHROPIC_API_KEY": "nowhere",
    }
    process = psutil.Process(linux.pid)
    assert SECRET not in " ".join(process.cmdline())
    removed = run("service", "remove")
    assert "OPENAI_API_KEY" in removed.out
    assert SECRET not in removed.out
    assert not linux.variables.exists()


def test_a_terminal_is_asked(linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    asked = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr("typer.confirm", confirm)
    run("service", "install", "--print")
    assert asked == [], "no terminal"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run("service", "install").status == 0
    assert len(asked) == 1
    assert "OPENAI_API_KEY" in asked[0]
    assert SECRET not in asked[0]
    assert env_file.read(linux.variables)["OPENAI_API_KEY"] == SECRET


def test_the_users_own_lines_stay_and_are_not_shown(
    linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"ANTHROPIC_API_KEY={SECRET}\n\n# my proxy\nHTTPS_PROXY=http://127.0.0.1:1\n"
    linux.variables.write_text(own)
    ran = run("service", "install")
    assert ran.status == 0, ran.err
    assert SECRET not in ran.out
    assert "3 lines of your own" in ran.out
    assert env_file.read(linux.variables)["ANTHROPIC_API_KEY"] == SECRET
    assert run("service", "status", "--json").json["keys"]["ANTHROPIC_API_KEY"] == "service.env"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    ran = run("service", "install", "--save-keys")
    assert ran.status == 1
    assert "yours count" in ran.err
    assert "your own lines in it stay" in run("service", "remove").out
    assert linux.variables.read_text() == own


def test_a_taken_port_is_said_before_anything_is_written(there: Machine, run: Command) -> None:
    before = there.files()
    with socket.create_server(("127.0.0.1", there.port)):
        ran = run("service", "install", "--json")
    assert ran.status == 1
    assert f"Port {there.port} on 127.0.0.1 is taken by another program" in ran.json["error"]
    assert f"port = {there.port + 1}" in ran.json["error"]
    assert there.files() == before
    assert there.calls == []


def test_a_start_that_fails_is_said_with_its_own_words(linux: Machine, run: Command) -> None:
    (linux.home / ".config" / "agent-router" / "config.toml").write_text(
        f"[server]\nport = {linux.port}\napi_key_env = 'MY_OWN_KEY'\n"
    )
    ran = run("service", "install")
    assert ran.status == 1
    assert "does not answer" in ran.err
    assert "MY_OWN_KEY" in ran.err
    assert "journalctl --user -u agent-router" in ran.err
    assert run("service", "status", "--json").json["problem"] == "failed: exit-code"


def test_a_port_that_changes_with_each_start_is_refused(linux: Machine, run: Command) -> None:
    (linux.home / ".config" / "agent-router" / "config.toml").write_text("[server]\nport = 0\n")
    assert "name one" in run("service", "install", "--json").json["error"]


def test_settings_that_only_the_shell_has_are_named(
    linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_ROUTER_SERVER__PORT", "1")
    ran = run("service", "install")
    assert ran.status == 0, ran.err
    assert "does not see AGENT_ROUTER_SERVER__PORT" in ran.out
    assert f"http://127.0.0.1:{linux.port}" in ran.out


@pytest.mark.parametrize("words", [["install"], ["status"], ["remove"]])
@pytest.mark.parametrize("there", ["systemd", "launchd"], indirect=True)  # Windows always has one
def test_without_a_session_it_says_what_to_do(there: Machine, run: Command, words: list[str]) -> None:
    (there.bin / "absent").touch()
    before = there.files()
    ran = run("service", *words, "--json")
    if words == ["remove"]:
        assert ran.json["removed"] == []
    else:
        assert ran.status == 1
        assert "agent-router serve" in ran.json["error"]
    assert there.files() == before


def test_without_systemctl(linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(linux.home))
    assert "container" in run("service", "install", "--json").json["error"]
    assert "[Service]" in run("service", "install", "--print").out


def test_a_file_of_someone_elses_is_left_alone(there: Machine, run: Command) -> None:
    path = there.service.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine\n")
    for words in (["install"], ["remove"]):
        ran = run("service", *words, "--json")
        assert ran.status == 1
        assert "was not written by this command" in ran.json["error"]
    assert path.read_text() == "mine\n"
    assert there.calls == []


def test_under_sudo_it_is_refused(linux: Machine, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "someone")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "without sudo" in run("service", "install", "--json").json["error"]


def test_another_router_at_the_address_is_not_taken_for_the_service(linux: Machine, run: Command) -> None:
    assert run("service", "install", "--json").status == 0
    other = psutil.Process(linux.pid)
    assert installation.listens(other.pid, linux.port) is True
    state = linux.bin / "state.json"
    said = json.loads(state.read_text())
    state.write_text(json.dumps({**said, "pid": os.getpid()}))  # the service's own process is some other one
    try:
        assert run("service", "status", "--json").json["address_is_the_services"] is False
        assert "another agent-router than the service" in run("service", "status").out
    finally:
        state.write_text(json.dumps(said))


def test_the_program_is_this_installation(linux: Machine, run: Command) -> None:
    found = run("service", "install", "--print", "--json").json
    assert (
        f"ExecStart={sys.executable} -P -m agent_router serve --env-file {linux.variables}\n"
        in found["files"][1]["text"]
    )
