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
from agent_router.known_openness import FILE
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
    local = {"place": "device", "route": "local", "session": mine, "model": "qwen3-8b", "input": 10, "output": 2}
    closed = {"place": "hosted", "route": "closed", "model": "claude-sonnet-5", "input": 48_000, "output": 300}
    write(
        data,
        {**closed, "billed": 410_000, "session": mine, "reason": "its family is new"},
        {**local, "reason": "the family has earned it", "time": NOW + timedelta(seconds=1)},
        {**local, "session": "other", "reason": "another session's", "time": NOW + timedelta(seconds=2)},
        {**local, "status": "error", "session": "other", "time": NOW + timedelta(seconds=2)},
    )
    whole = "agent-router: 2% open, 2% on this machine today · closed 48.3k tokens, $0.41"
    assert statusline.line(said()) == f"{whole} · last local: the family has earned it"
    for nobody in ("", "no json", "[]", "{}", said(None), said(3), said("other-session"), "[" * 100_000):
        assert statusline.line(nobody) == whole


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "agent-router: nothing yet"),
        ([{"status": "error"}], "agent-router: nothing yet today"),
        ([{"place": "device", "route": "local"}], "agent-router: 0% open, 100% on this machine today · nothing closed"),
        (
            [{"place": "hosted", "route": "closed", "input": 1_250_000}],
            "agent-router: 0% open, 0% on this machine today · closed 1.2M tokens",
        ),
        (
            [{"place": "hosted", "model": "qwen3-235b-a22b", "output": 3}, {"model": "gpt-5.4", "output": 1}],
            "agent-router: 75% open, 0% on this machine today · closed 1 tokens",
        ),
        (
            [{"model": "gpt-5.4", "output": 1}, {"model": "qwen3-8b", "output": 999, "place": "lan"}],
            "agent-router: >99% open, 0% on this machine today · closed 1 tokens",
        ),
        (
            [{"place": "hosted", "route": "closed", "input": 999, "billed": 1234}],
            "agent-router: 0% open, 0% on this machine today · closed 999 tokens, $0.0012",
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
    row = {"place": "device", "route": "local", "model": "qwen3-8b", "output": 1}
    write(tmp_path, {**row, "billed": 2_000_000}, *({**row, "session": str(i % 9)} for i in range(2999)))
    installation_salt(tmp_path)
    took = []
    for _ in range(8):
        start = time.perf_counter()
        ran = run(tmp_path, stdin=said().encode())
        took.append(time.perf_counter() - start)
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert ran.stdout.startswith(b"agent-router: 100% open, 100% on this machine today")
    assert min(took) < 0.15, took
    assert run(tmp_path, "--shell").stdout == b"open 100% - $2.00\n"  # the encoding is ASCII
    assert run(tmp_path, "--format", "{device} of {output} {x}").stdout == b"100% of 3.0k {x}\n"
    as_json = run(tmp_path, "--json", stdin=said().encode())
    assert json.loads(as_json.stdout)["line"].startswith("agent-router: 100% open, 100%")
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
        assert statusline.line(said()).startswith("agent-router: 0% open, 100%")
        assert time.perf_counter() - start < 0.5
        writer.execute("ROLLBACK")


def test_rows_of_logs_count_once_and_only_todays(data: Path) -> None:
    log = {"agent": "claude", "place": "subscription", "equivalent": 2_000_000}
    write(
        data,
        {**log, "model": "claude-sonnet-5", "output": 60},
        {**log, "model": "glm-4.6", "output": 40},
        {**log, "model": "claude-sonnet-5", "output": 1000, "duplicate": "proxy"},
        {**log, "model": "claude-sonnet-5", "output": 1000, "time": NOW + timedelta(days=2)},
        {**log, "model": "claude-sonnet-5", "output": 1000, "time": NOW - timedelta(days=2)},
    )
    assert statusline.line() == "agent-router: 40% open, 0% on this machine today · closed 60 tokens"
    assert statusline.line(shell=True) == "open 40% · ≈$4.00"
    found = statusline.as_object(shell=True)
    assert (found["line"], found["open"], found["closed"], found["requests"]) == ("open 40% · ≈$4.00", 0.4, 0.6, 2)
    assert (found["equivalent"], found["billed"], found["last"]) == (4.0, None, None)
    assert statusline.line(form="{closed} {billed} {equivalent} {{open}} {nothing}") == "60% ? $4.00 {40%} {nothing}"


def test_a_shell_is_told_nothing_while_there_is_nothing(data: Path) -> None:
    assert statusline.line(shell=True) == ""
    (data / LEDGER).write_text("no database, and long enough to be looked at as one " * 100)
    assert statusline.line(shell=True) == ""
    assert statusline.as_object()["error"] == statusline.UNREADABLE
    assert statusline.line(form="{requests} {open}") == "0 ?"


def test_with_midnight_in_mid_hour_and_clocks_that_change(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(data, {"model": "qwen3-8b", "output": 5, "place": "device"})
    for zone in ("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert statusline.line(shell=True) == "open 100%"
    monkeypatch.undo()
    time.tzset()


def test_the_users_catalogue_counts_from_when_it_is_there(data: Path) -> None:
    write(data, {"model": "house-model", "output": 5})
    assert statusline.line(shell=True) == "open 0%"
    assert "house-model" in (data / FILE).read_text()
    own = "reviewed: 2026-11-21\nlabs: [{lab: mine, families: [{slug: h, access: open, patterns: [house-model]}]}]"
    (data / "catalogue.yaml").write_text(own)
    assert statusline.line(shell=True) == "open 100%"
    (data / "catalogue.yaml").write_text("labs: [")
    assert statusline.line(shell=True) == "open 0%"
    for broken in ("", "[]", "{", '{"stamp": 1, "models": []}', "[" * 100_000):
        (data / FILE).write_text(broken)
        assert statusline.line(shell=True) == "open 0%"


def test_it_is_remembered_so_that_the_catalogue_is_loaded_once(tmp_path: Path) -> None:
    write(tmp_path, {"model": "qwen3-8b", "output": 5})
    program = (
        "import sys; sys.argv = ['agent-router', 'statusline', '--shell']; from agent_router.command import main; "
        "main(); print(*sys.modules)"
    )
    loaded = []
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment(tmp_path), check=True
        )
        assert ran.stdout.startswith("open 100%\n")
        loaded.append({"agent_models.catalogue", "msgspec", "typer"} & set(ran.stdout.split()))
    # Its own file of settings is written anew by `environment`, and is not the catalogue.
    assert loaded == [{"agent_models.catalogue", "msgspec"}, set()]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"status": "error"}, ""),
        (
            {"model": "claude-opus-4-5", "place": "subscription", "billed": 0, "equivalent": 1_200_000},
            "open 0% · ≈$1.20",
        ),
        ({"model": "qwen3", "place": "device", "billed": 0, "equivalent": 90, "avoided": 90}, "open 100%"),
        ({"model": "glm-4.6", "place": "hosted", "billed": 5000, "equivalent": 5000}, "open 100% · $0.0050"),
        ({"model": "nobody-knows", "place": "hosted"}, "open 0%"),
    ],
)
def test_the_money_of_a_shell(data: Path, row: dict[str, object], words: str) -> None:
    write(data, row)
    assert statusline.line(shell=True) == words
