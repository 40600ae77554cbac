"""The command line as a whole: help that teaches, one JSON object whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent_router import __version__
from tests.router.cli.command import Command
from tests.running_router import environment


def agent_router(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """The command as it is installed, in a process of its own."""
    script = Path(sys.executable).with_name("agent-router" + (".exe" if sys.platform == "win32" else ""))
    return subprocess.run(
        [str(script), *arguments], capture_output=True, timeout=60, env=environment(home, **more), check=False
    )


def test_it_is_installed(tmp_path: Path) -> None:
    ran = agent_router(tmp_path, "--version")
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, [b"agent-router", __version__.encode()], b"")


@pytest.mark.parametrize("arguments", [["--version", "--json"], ["--json", "--version"], ["version", "--json"]])
def test_its_version_as_json(run: Command, arguments: list[str]) -> None:
    assert run(*arguments).json == {"version": __version__}


@pytest.mark.parametrize(
    ("arguments", "taught"),
    [
        ([], ["serve", "models", "usage", "config", "http://127.0.0.1:8484/v1", "auto"]),
        (["serve"], ["--port", "--host", "--local-only", "Ctrl-C", "API key"]),
        (["demo"], ["temporary", "leaves nothing running"]),
        (["models"], ["add", "remove", "list"]),
        (["models", "list"], ["callers may name"]),
        (["models", "add"], ["GGUF", "comments", "--no-default"]),
        (["models", "remove"], ["stays"]),
        (["usage"], ["--since", "--until", "7d", "nothing is sent"]),
        (["service"], ["install", "status", "remove", "never needs root"]),
        (["service", "install"], ["--print", "--save-keys", "printed before", "service.env"]),
        (["service", "remove"], ["stay"]),
        (["statusline"], ["settings.json", "statusLine", "no text"]),
        (["config"], ["AGENT_ROUTER_SERVER__PORT=8500", "--keys"]),
    ],
)
def test_help_teaches(run: Command, arguments: list[str], taught: list[str]) -> None:
    ran = run(*arguments, "--help")
    assert ran.status == 0
    words = " ".join(ran.out.replace("│", " ").split())
    for part in taught:
        assert part in words


def test_without_a_command_there_is_help(run: Command) -> None:
    ran = run()
    assert "Usage:" in ran.out
    assert "serve" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["nothing-such"],
            ["usage", "--nothing-such"],
            ["models", "nothing-such"],
            ["models", "add"],
            ["models", "remove"],
        ),
        *(
            ["serve", "--port", "x"],
            ["serve", "--port"],
            ["usage", "--since", "someday"],
            ["config", "too", "many"],
            [],
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_wrong_arguments_are_one_json_object_too(run: Command, arguments: list[str], first: bool) -> None:
    ran = run(*(["--json", *arguments] if first else [*arguments, "--json"]))
    assert ran.status == 2
    assert set(ran.json) == {"error"}
    assert ran.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["config"],
        ["models"],
        ["models", "list"],
        ["models", "remove", "x"],
        ["serve"],
        ["models", "add", "x.gguf"],
    ],
)
def test_a_broken_configuration_is_one_sentence_and_no_traceback(
    home: Path, run: Command, arguments: list[str]
) -> None:
    (home / "config.toml").write_text("[server]\nport = 'x'\n")
    said = f"{home / 'config.toml'}: server.port: must be a valid integer"
    ran = run(*arguments)
    assert (ran.status, ran.out) == (1, "")
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    ran = run(*arguments, "--json")
    assert (ran.status, ran.err) == (1, "")
    assert ran.json["error"].startswith(said)
    assert run("--json", *arguments).json == ran.json


def test_a_console_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "modèle.gguf").write_text("")
    ran = agent_router(tmp_path, "models", "add", str(tmp_path / "modèle.gguf"), "--json", PYTHONIOENCODING="ascii")
    assert "modèle" in json.loads(ran.stdout)["error"]
    ran = agent_router(tmp_path, "models", "add", str(tmp_path / "modèle.gguf"), PYTHONIOENCODING="ascii")
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_a_reader_that_leaves(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("agent-router")
    process = subprocess.Popen(
        [str(script), "config", "--keys", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(30)
