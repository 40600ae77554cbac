"""The status line: what it says, that it is quick, and that it never fails loudly."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_router import statusline
from agent_router.config import LEDGER
from agent_router.routing.agent import session
from agent_router.salt import installation_salt
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord
from tests.running_router import environment

ID = "0b6ff2d6-6f46-4cf8-8b7a-3a6f5f3b6d10"
NOW = datetime.now(UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path))
    return tmp_path


def write(data: Path, *rows: dict[str, object]) -> None:
    ledger = Ledger(data / LEDGER)
    for number, row in enumerate(rows):
        ledger.record(UsageRecord(source="proxy", key=str(number), **{"time": NOW, **row}))  # type: ignore[arg-type]
    ledger.close()


def said(id: object = ID) -> str:
    """As Claude Code says it, in part."""
    return json.dumps({"session_id": id, "cwd": "/", "model": {"id": "auto"}, "cost": {"total_cost_usd": 0.1}})


def test_the_whole_line(data: Path) -> None:
    mine = session({}, installation_salt(data), ID)
    local = {"place": "device", "route": "local", "session": mine, "input": 10, "output": 2}
    closed = {"place": "hosted", "route": "closed", "model": "claude-sonnet-5", "input": 48_000, "output": 300}
    write(
        data,
        {**closed, "billed": 410_000, "session": mine, "reason": "its family is new"},
        {**local, "reason": "the family has earned it", "time": NOW + timedelta(seconds=1)},
        {**local, "session": "other", "reason": "another session's", "time": NOW + timedelta(seconds=2)},
        {**local, "status": "error", "session": "other", "time": NOW + timedelta(seconds=2)},
    )
    whole = "agent-router: 67% on this machine today · closed 48.3k tokens, $0.41"
    assert statusline.line(said()) == f"{whole} · last local: the family has earned it"
    for nobody in ("", "no json", "[]", "{}", said(None), said(3), said("other-session"), "[" * 100_000):
        assert statusline.line(nobody) == whole


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "agent-router: nothing yet"),
        ([{"status": "error"}], "agent-router: nothing yet today"),
        ([{"place": "device", "route": "local"}], "agent-router: 100% on this machine today · nothing closed"),
        (
            [{"place": "hosted", "route": "closed", "input": 1_250_000}],
            "agent-router: 0% on this machine today · closed 1.2M tokens",
        ),
        (
            [{"place": "hosted", "route": "closed", "input": 999, "billed": 1234}],
            "agent-router: 0% on this machine today · closed 999 tokens, $0.0012",
        ),
    ],
)
def test_what_there_is(data: Path, rows: list[dict[str, object]], words: str) -> None:
    if rows:
        write(data, *rows)
    assert statusline.line(said()) == words


def test_a_long_reason_is_cut_and_steers_no_terminal(data: Path) -> None:
    mine = session({}, installation_salt(data), ID)
    write(data, {"session": mine, "route": "closed", "reason": "\x1b[31mred\n" + "long " * 30})
    last = statusline.line(said()).rpartition(" · ")[2]
    assert last.startswith("last closed: [31mredlong")
    assert last.isprintable()
    assert last.endswith("…")
    assert len(last) < 80


def test_nothing_is_written_and_nothing_fails(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert statusline.line(said()) == statusline.NOTHING
    assert list(data.iterdir()) == []
    (data / LEDGER).write_text("no database, and long enough to be looked at as one " * 100)
    assert statusline.line(said()) == "agent-router: the ledger cannot be read"
    monkeypatch.setenv("AGENT_ROUTER_DATA", "~nobody-at-all/data")
    assert statusline.line(said()) == statusline.NOTHING


def run(data: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "agent_router", "statusline", *words],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**environment(data), "PYTHONIOENCODING": "ascii"},
        check=False,
    )


def test_in_a_process_of_its_own_it_is_quick(tmp_path: Path) -> None:
    write(tmp_path, *({"place": "device", "route": "local", "session": str(i % 9)} for i in range(3000)))
    installation_salt(tmp_path)
    took = []
    for _ in range(8):
        start = time.perf_counter()
        ran = run(tmp_path, stdin=said().encode())
        took.append(time.perf_counter() - start)
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert ran.stdout.startswith(b"agent-router: 100% on this machine today")
    assert min(took) < 0.15, took
    as_json = run(tmp_path, "--json", stdin=said().encode())
    assert json.loads(as_json.stdout)["line"].startswith("agent-router: 100%")
    (tmp_path / LEDGER).unlink()
    assert run(tmp_path, stdin=b"\xff\xfe").stdout == run(tmp_path).stdout == b"agent-router: nothing yet\n"


def test_it_loads_nothing_heavy(tmp_path: Path) -> None:
    write(tmp_path, {"place": "device"})
    program = (
        "import sys; sys.argv = ['agent-router', 'statusline']; from agent_router.command import main; main(); "
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        input=said(),
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        check=True,
    )
    heavy = {"typer", "rich", "pydantic", "msgspec", "asyncio", "yaml", "importlib.metadata", "agent_router.config"}
    assert "agent_router.statusline" in ran.stdout
    assert not heavy & set(ran.stdout.split())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files without rights")
def test_a_writer_is_not_waited_for(data: Path) -> None:
    write(data, {"place": "device", "route": "local"})
    with sqlite3.connect(data / LEDGER, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        start = time.perf_counter()
        assert statusline.line(said()).startswith("agent-router: 100%")
        assert time.perf_counter() - start < 0.5
        writer.execute("ROLLBACK")


def test_open_models_are_not_closed_wherever_they_run(data: Path) -> None:
    hosted = {"place": "hosted", "input": 10, "output": 10, "billed": 50_000, "equivalent": 50_000}
    write(
        data,
        {**hosted, "model": "glm-4.6"},
        {**hosted, "model": "claude-opus-4-5", "output": 30},
        {**hosted, "model": "qwen3-coder:30b", "place": "device", "billed": 0},
        {**hosted, "model": "gpt-5.4", "duplicate": "proxy"},
    )
    assert statusline.line("") == "agent-router: 33% on this machine today · closed 40 tokens, $0.05"
    assert statusline.segment() == "open 40% · $0.10"
    assert statusline.figures()["open"] == 0.4


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ""),
        ([{"status": "error"}], ""),
        ([{"model": "claude-opus-4-5", "place": "hosted", "output": 5, "equivalent": 1_200_000}], "open 0% · ~$1.20"),
        ([{"model": "qwen3", "place": "device", "output": 5, "billed": 0}], "open 100%"),
    ],
)
def test_in_a_shell(data: Path, rows: list[dict[str, object]], words: str) -> None:
    if rows:
        write(data, *rows)
    assert statusline.segment() == words
    ran = run(data, "--shell")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode("ascii").strip() == words.encode("ascii", "backslashreplace").decode()
    assert json.loads(run(data, "--shell", "--json").stdout)["today"]["requests"] == len(
        [row for row in rows if "status" not in row]
    )


def test_a_shell_is_never_told_of_trouble(data: Path) -> None:
    (data / LEDGER).write_text("no database, and long enough to be looked at as one " * 100)
    assert statusline.segment() == ""
    assert run(data, "--shell").stdout.strip() == b""
