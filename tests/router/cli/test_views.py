"""`agent-router export`, `share` and `top`."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_router.config import LEDGER
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord
from tests.router.cli.command import Command


@pytest.fixture
def ledger(home: Path) -> Path:
    """Two calls, one of them open."""
    made = Ledger(home / "data" / LEDGER)
    now = datetime.now(UTC)
    for key, model, place, output in (("1", "qwen3-8b", "device", 30), ("2", "gpt-5.4", "hosted", 10)):
        row = UsageRecord(
            source="proxy", key=key, time=now, agent="pi", model=model, place=place, input=5, output=output,  # type: ignore[arg-type]
            route="local", reason="[bold]why", session="secret-session",
        )  # fmt: skip
        made.record(row)
    made.close()
    return home


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_export(run: Command, ledger: Path, ending: str) -> None:
    file = ledger / f"calls.{ending}"
    ran = run("export", "calls", str(file))
    assert (ran.status, "2 rows in" in ran.err) == (0, True)
    assert file.stat().st_size > 100
    again = run("export", "calls", str(file))
    assert (again.status, "--force replaces it" in again.err) == (1, True)
    assert run("export", "calls", str(file), "--force").status == 0
    assert not list(ledger.glob(".calls*"))


def test_export_to_a_pipe(home: Path, ledger: Path) -> None:
    command = [sys.executable, "-m", "agent_router", "export", "daily", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    assert sum(int(row["output"]) for row in rows) == 40
    assert done.stderr == b""
    broken = subprocess.run(f"{sys.executable} -m agent_router export calls - | true", shell=True, capture_output=True)
    assert broken.stderr == b""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("rows", "x.csv"), 2, "no table 'rows'. Tables: calls, daily"),
        (("calls", "x.xlsx"), 2, "xlsx is none of csv, jsonl, parquet"),
        (("calls", "x"), 2, "x is none of csv"),
        (("calls", "-", "--format", "parquet"), 2, "Parquet is written into a file"),
        (("calls", "/nowhere/x.csv"), 1, "cannot be written"),
    ],
)
def test_what_cannot_be_exported(run: Command, ledger: Path, words: tuple[str, ...], status: int, said: str) -> None:
    ran = run("export", *words)
    assert ran.status == status
    assert said in " ".join(ran.err.replace("│", " ").split())


def test_share(run: Command, ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ledger)
    assert "75% open" in run("share").out
    assert (ledger / "open-models.png").read_bytes().startswith(b"\x89PNG")
    drawn = (ledger / "open-models.svg").read_text()
    assert "qwen3-8b" in drawn
    assert "secret" not in drawn
    assert str(ledger) not in drawn
    found = run("share", "--out", "x.svg", "--since", "7d", "--json").json
    assert (found["files"], found["open"], found["own"]) == (["x.svg"], 0.75, 0.75)


def test_share_what(run: Command, home: Path) -> None:
    assert run("share", "--out", "card.gif").status == 2
    ran = run("share")
    assert (ran.status, "no calls in that time" in ran.err) == (1, True)


def test_top_once(run: Command, ledger: Path) -> None:
    ran = run("top", "--once")
    assert ran.status == 0
    for part in ("no router is running", "today 2 calls", "qwen3-8b", "open 75%", "[bold]why"):
        assert part in ran.out, part
    found = run("top", "--json").json
    assert [call["model"] for call in found["calls"]] == ["gpt-5.4", "qwen3-8b"]
    assert found["router"] is False
    assert found["minute"]["out"] == 8


def test_top_without_a_ledger(run: Command, home: Path) -> None:
    assert "Nothing today yet." in run("top", "--once").out


@pytest.mark.parametrize("keys", [b"q", b"\x03"])
def test_top_on_a_terminal(ledger: Path, keys: bytes) -> None:
    """It shows what comes while it runs, and gives the terminal back."""
    main, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def lead() -> None:
        os.setsid()
        fcntl.ioctl(end, termios.TIOCSCTTY, 0)

    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_router", "top", "--interval", "0.3"],
        stdin=end, stdout=end, stderr=end, env=environment, preexec_fn=lead,
    )  # fmt: skip
    os.close(end)
    shown = b""

    def until(text: bytes) -> None:
        nonlocal shown
        deadline = time.monotonic() + 20
        while text not in shown:
            assert time.monotonic() < deadline, shown[-2000:]
            if select.select([main], [], [], 0.2)[0]:
                shown += os.read(main, 65536)

    try:
        until(b"qwen3-8b")
        made = Ledger(ledger / "data" / LEDGER)
        made.record(UsageRecord(source="pi", key="3", time=datetime.now(UTC), agent="pi", model="glm-5", output=5))
        made.close()
        until(b"glm-5")
        os.write(main, keys)
        deadline = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([main], [], [], 0.1)[0]:
                try:
                    shown += os.read(main, 65536)
                except OSError:
                    break
        assert process.wait(5) == 0
        assert b"Traceback" not in shown
    finally:
        process.kill()
        process.wait()
        os.close(main)


def test_what_is_no_file_is_not_replaced(run: Command, ledger: Path) -> None:
    pipe = ledger / "pipe.csv"
    os.mkfifo(pipe)
    ran = run("export", "calls", pipe, "--force")
    assert (ran.status, "is no file that could be replaced" in " ".join(ran.err.split())) == (1, True)
    assert pipe.is_fifo()
