"""`agent-router demo` as a newcomer runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from agent_router.cli import demo
from agent_router.server import bind
from agent_router.settings import Server
from tests.running_router import environment


def test_it_answers_shows_the_split_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    ran = subprocess.run(
        [sys.executable, "-m", "agent_router", "demo"],
        capture_output=True,
        text=True,
        env=environment(mine, COLUMNS="200", TMPDIR=str(tmp_path)),
        timeout=100,
        check=True,
    )
    said = ran.stdout
    assert "scripted stand-in" in said
    assert "not a chat model" in said
    assert said.count("answer ") == 5
    assert not re.search(r"^  error  ", said, re.MULTILINE)
    assert re.search(r"route\s+local → local/pocket", said)
    assert re.search(r"route\s+closed → scripted/gpt-5.4", said)
    assert re.search(r"open \d+%\s+closed \d+%", said)
    assert os.listdir(mine) == ["config.toml"]  # the user's own ledger was not touched
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]  # the temporary folder is gone
    url = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url.group() + "/healthz", timeout=2)


def test_as_json_it_is_one_object(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "agent_router", "--json", "demo"],
        capture_output=True,
        env=environment(tmp_path / "mine"),
        timeout=100,
        check=True,
    )
    said = json.loads(ran.stdout)
    assert said["closed"] == "scripted"
    assert [answer["route"] for answer in said["answers"]] == ["local", "local", "local", "closed", "closed"]
    assert not any(answer["error"] for answer in said["answers"])
    assert said["usage"]["all"]["requests"] == 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_ended_from_outside_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "agent_router", "demo"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path / "mine", COLUMNS="200", TMPDIR=str(tmp_path)),
    ) as running:
        assert running.stdout is not None
        url = next(found for line in running.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url.group() + "/healthz", timeout=2)


def test_it_needs_the_client(tmp_path: Path) -> None:
    (tmp_path / "openai.py").write_text("raise ImportError")
    ran = subprocess.run(
        [sys.executable, "-m", "agent_router", "demo"],
        capture_output=True,
        text=True,
        env=environment(tmp_path / "mine", COLUMNS="200", PYTHONPATH=str(tmp_path)),
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "pip install openai" in ran.stderr
    assert "listens" not in ran.stdout


def test_it_takes_the_usual_port_or_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with bind("127.0.0.1", 0) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(demo, "Server", lambda: Server(port=port))
        assert demo._port() == 0
    assert demo._port() == port
