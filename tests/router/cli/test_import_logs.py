"""`agent-router import`, `sources`, `forget` and `backup`, on a home made of logs alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_router.config import LEDGER
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.usage_record import UsageRecord
from tests.router.cli import pi_log
from tests.router.cli.command import Command

WHEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def logs(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three calls in two sessions of pi; the second session has a copy of the first one's call."""
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "PI_CODING_AGENT_DIR"):
        monkeypatch.delenv(name, raising=False)
    first = pi_log.write(home, "one", pi_log.call("a", WHEN))
    second = pi_log.write(
        home,
        "two",
        pi_log.call("a", WHEN),
        pi_log.call("b", WHEN + timedelta(days=1), model="qwen3-coder:30b", provider="ollama", output=20),
        pi_log.call("c", WHEN + timedelta(days=2), output=7),
    )
    os.utime(first, (1_790_000_000, 1_790_000_000))
    os.utime(second, (1_790_000_001, 1_790_000_001))
    return home


def select(home: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "data" / LEDGER)) as conn:
        return conn.execute(sql).fetchall()


def test_a_home_of_logs_alone(run: Command, logs: Path) -> None:
    (logs / "config.toml").unlink()
    os.environ.pop("AGENT_ROUTER_CONFIG")
    ran = run("import")
    assert ran.status == 0
    assert "pi" in ran.out
    assert "3 new calls" in ran.out
    assert "Of all output tokens so far: 62% open, 38% closed (62% on your own machines)." in ran.out
    found = run("usage", "--json").json
    assert found["all"]["requests"] == 3
    assert found["all"]["total_tokens"] == 3 * 113 + 32
    assert set(found["by_agent"]) == {"pi"}
    assert set(found["by_session"]) == {"one", "two"}
    assert set(found["by_agent_openness"]) == {"pi/open", "pi/closed"}
    assert found["by_openness_place"]["open/device"]["output"] == 20
    assert found["by_openness_place"]["closed/hosted"]["output"] == 12
    assert set(found["by_month"]) == {"2026-11"}


def test_again(run: Command, logs: Path) -> None:
    run("import")
    before = select(logs, "SELECT * FROM calls")
    found = run("import", "--json").json
    assert (found["new"], found["grown"], found["logs_read"]) == (0, 0, 0)
    assert found["agents"]["pi"] == {"logs": 2, "new": 0, "grown": 0}
    assert select(logs, "SELECT * FROM calls") == before
    again = run("import", "--again", "--json").json
    assert (again["new"], again["logs_read"]) == (0, 2)
    assert select(logs, "SELECT * FROM calls") == before


def test_plans_count_for_what_was_imported_before(run: Command, logs: Path) -> None:
    run("import")
    assert set(run("usage", "--json").json["by_openness_place"]) == {"closed/hosted", "open/device"}
    (logs / "config.toml").write_text('[plans]\npi = "subscription"\n')
    run("import")
    found = run("usage", "--json").json
    assert set(found["by_openness_place"]) == {"closed/subscription", "open/device"}
    assert found["by_openness_place"]["closed/subscription"]["cost"]["billed"] == 0
    assert found["by_openness_place"]["closed/subscription"]["cost"]["equivalent"] > 0
    before = select(logs, "SELECT * FROM calls")
    run("import")
    assert select(logs, "SELECT * FROM calls") == before
    (logs / "config.toml").write_text("")
    run("import")
    assert set(run("usage", "--json").json["by_openness_place"]) == {"closed/hosted", "open/device"}


def test_no_text_no_path_no_name(run: Command, logs: Path) -> None:
    run("import")
    (data,) = [path.read_bytes() for path in (logs / "data").glob("ledger.sqlite3")]
    for path in (logs / "data").glob("ledger.sqlite3-wal"):
        data += path.read_bytes()
    for word in (b"secret", b"--work--", b".pi/agent", os.fsencode(logs)):
        assert word not in data


def test_one_agent_only(run: Command, logs: Path) -> None:
    assert run("import", "codex", "--json").json["new"] == 0
    assert run("import", "pi", "--json").json["new"] == 3
    ran = run("import", "nobody")
    assert ran.status == 1
    assert "There is no importer 'nobody'. Importers:" in ran.err


def test_left_alone_by_the_configuration(run: Command, logs: Path) -> None:
    (logs / "config.toml").write_text('[logs]\nwithout = ["pi"]\n')
    assert run("import", "--json").json["new"] == 0
    assert "pi" not in [each["source"] for each in run("sources", "--json").json["sources"]]


def test_nothing_to_import(run: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    ran = run("import")
    assert (ran.status, "No agent's log was found" in ran.out) == (0, True)


def test_sources_say_what_was_dropped(run: Command, logs: Path) -> None:
    run("import")
    with closing(open_ledger(logs / "data" / LEDGER)) as conn:
        row = UsageRecord(source="proxy", key="p", time=WHEN + timedelta(days=2), agent="pi", session="hash",
                          input=10, cache_read=100, cache_write=3, output=7, latency_ms=100.0)  # fmt: skip
        conn.execute(UPSERT, values(row))
    assert run("import", "--json").json["also_proxied"] == 1
    found = run("sources", "--json").json
    assert found["dropped"] == {"proxied": 1, "copied": 1}
    (pi,) = [each for each in found["sources"] if each["source"] == "pi"]
    assert (pi["logs"], pi["calls"], pi["duplicates_dropped"]) == (2, 2, {"proxied": 1, "copied": 1})
    assert pi["first"] == "2026-11-20T09:00:00+00:00"
    text = run("sources").out
    assert "1 copied into a forked or resumed session" in text
    assert "1 also passed through the router" in text
    assert run("usage", "--json").json["all"]["requests"] == 3


def test_sources_without_a_ledger(run: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    ran = run("sources")
    assert ran.status == 0
    assert "~/.pi/agent/sessions" in ran.out


def test_forget_an_agent(run: Command, logs: Path) -> None:
    run("import")
    assert run("forget", "--agent", "pi", "--json").json == {"erased": 3}
    assert run("usage", "--json").json["all"]["requests"] == 0
    pi_log.write(logs, "one", pi_log.call("a", WHEN), pi_log.call("d", datetime.now(UTC) + timedelta(minutes=1)))
    assert run("import", "--json").json["new"] == 1
    assert run("import", "--again", "--json").json["new"] == 3


def test_forget_before(run: Command, logs: Path) -> None:
    run("import")
    assert run("forget", "--before", "2026-11-21", "--yes").out.strip() == "1 call is forgotten."
    assert run("usage", "--json").json["all"]["requests"] == 2
    assert run("import", "--json").json["new"] == 0


def test_forget_everything(run: Command, logs: Path) -> None:
    run("import")
    (logs / "data" / "responses").mkdir()
    (logs / "data" / "responses" / "kept").write_text("an answer")
    assert run("forget", "--all", "--json").json == {"erased": 3}
    assert not (logs / "data" / "responses").exists()
    assert [each["calls"] for each in run("sources", "--json").json["sources"] if each["calls"]] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what"),
        (("--all", "--agent", "pi"), "--all is everything"),
        (("--agent", "nobody"), "no calls of 'nobody'"),
        (("--before", "soon"), "is no day"),
    ],
)
def test_forget_what(run: Command, logs: Path, words: tuple[str, ...], said: str) -> None:
    run("import")
    ran = run("forget", *words, "--yes")
    assert ran.status in (1, 2)
    assert said in " ".join(ran.err.split())
    assert run("usage", "--json").json["all"]["requests"] == 3


def test_forget_without_a_ledger(run: Command, home: Path) -> None:
    ran = run("forget", "--all", "--yes")
    assert (ran.status, "no ledger yet" in ran.err) == (1, True)


def test_calls_are_kept_so_many_days(run: Command, logs: Path) -> None:
    run("import")
    days = (datetime.now(UTC) - WHEN).days
    (logs / "config.toml").write_text(f"[ledger]\nkeep_days = {days}\n")
    run("import")
    assert run("usage", "--json").json["all"]["requests"] == 2
    (logs / "config.toml").write_text("[ledger]\nkeep_days = 0\n")
    assert run("import").status == 1


def test_backup(run: Command, logs: Path) -> None:
    run("import")
    found = run("backup", str(logs / "copy.sqlite3"), "--json").json
    assert found["bytes"] == (logs / "copy.sqlite3").stat().st_size
    assert (logs / "copy.sqlite3").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(logs / "copy.sqlite3")) as conn:
        assert conn.execute("SELECT count(*) FROM calls").fetchone() == (3,)
    ran = run("backup", str(logs / "copy.sqlite3"))
    assert (ran.status, "--force replaces it" in ran.err) == (1, True)
    assert run("backup", str(logs / "copy.sqlite3"), "--force").status == 0
    assert run("backup", str(logs / "data" / LEDGER), "--force").status == 1
    ran = run("backup", str(logs / "nowhere" / "copy.sqlite3"))
    assert ran.status == 1
    assert not list(logs.glob("**/*.part"))
    assert run("usage", "--json").json["all"]["requests"] == 3


def has_calls(home: Path, number: int) -> bool:
    """Also while the ledger is only being made."""
    try:
        return select(home, "SELECT count(*) FROM calls") == [(number,)]
    except sqlite3.OperationalError:
        return False


def wait_for(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_watching(logs: Path) -> None:
    """What is written from now on is imported too, until Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_router", "import", "--watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_for(lambda: has_calls(logs, 3))
        time.sleep(1)
        pi_log.write(logs, "three", pi_log.call("e", WHEN))
        wait_for(lambda: has_calls(logs, 4))
        time.sleep(0.5)  # it is told of once the ledger is closed
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, b"")
    assert b"1 new call" in out


def test_serve_imports_and_watches(logs: Path) -> None:
    """`serve` does so by itself, in a process that ends with it, killed or not."""
    environment = {**os.environ, "AGENT_ROUTER_LOGS__WATCH": "true"}
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_router", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        assert json.loads(b"".join(lines))["pid"] == process.pid
        wait_for(lambda: has_calls(logs, 3))
        (child,) = children(process.pid)
        process.kill()
        wait_for(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split())
    finally:
        process.kill()
        process.communicate(timeout=10)


def children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
            parent = int(path.with_name("stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid and b"import" in words:
            found.append(int(path.parent.name))
    return found
