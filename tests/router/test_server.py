"""The router as a process: draining, what survives kill -9, ports, no orphans."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from agent_router.app import LEDGER
from agent_router.errors import ConfigError
from agent_router.server import bind
from agent_telemetry.ledger_reader import recent
from tests.running_router import environment, router_process
from tests.upstreams.threaded import ThreadedUpstream

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

ASK = [{"role": "user", "content": "word " * 60}]


def configuration(url: str) -> str:
    return f'[upstreams.openai]\nbase_url = "{url}/v1"\nmodels = ["gpt-5.4"]\n'


def post(url: str, body: dict[str, Any]) -> bytes:
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as response:
        return bytes(response.read())


def test_sigterm_lets_a_running_stream_end_and_then_exits(tmp_path: Path) -> None:
    with (
        ThreadedUpstream("slow:per_second=40") as upstream,
        router_process(tmp_path, configuration(upstream.url)) as (url, process),
    ):
        got: list[bytes] = []
        asking = threading.Thread(
            target=lambda: got.append(post(url, {"model": "auto", "messages": ASK, "stream": True}))
        )
        asking.start()
        upstream.next_request()
        time.sleep(0.2)  # the stream runs
        process.send_signal(signal.SIGTERM)
        _wait_until_refused(url)
        asking.join(20)
        assert got[0].endswith(b"data: [DONE]\n\n")
        assert process.wait(10) == 0
    (row,) = recent(tmp_path / LEDGER)
    assert row.status == "ok"


def test_what_takes_longer_than_the_drain_is_told_and_recorded(tmp_path: Path) -> None:
    quick = "[server]\ndrain_seconds = 1\n"
    with (
        ThreadedUpstream("stall_before_headers") as upstream,
        router_process(tmp_path, quick + configuration(upstream.url)) as (url, process),
    ):
        got: list[tuple[int, bytes]] = []

        def ask() -> None:
            try:
                post(url, {"model": "auto", "messages": ASK})
            except urllib.error.HTTPError as error:
                with error:
                    got.append((error.code, error.read()))

        asking = threading.Thread(target=ask)
        asking.start()
        upstream.next_request()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
        asking.join(10)
    assert got[0][0] == 503
    assert b"shutdown" in got[0][1]
    assert b"Traceback" not in said
    (row,) = recent(tmp_path / LEDGER)
    assert (row.status, row.http_status, row.provider) == ("error", 503, "openai")


def _wait_until_refused(url: str) -> None:
    """No new connection is taken, while the old one still runs."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=1).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("new requests are still taken")


def test_sigterm_does_not_wait_for_the_live_page(tmp_path: Path) -> None:
    with router_process(tmp_path) as (url, process):
        page = urllib.request.urlopen(f"{url}/api/live", timeout=10)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 8
        page.close()


def test_a_row_older_than_a_tenth_of_a_second_survives_kill_9(tmp_path: Path) -> None:
    with ThreadedUpstream() as upstream, router_process(tmp_path, configuration(upstream.url)) as (url, process):
        for _ in range(20):
            post(url, {"model": "auto", "messages": [{"role": "user", "content": "hi"}]})
        time.sleep(0.3)
        process.kill()
        process.wait()
    assert len(recent(tmp_path / LEDGER, 100)) == 20


def test_sigterm_writes_the_last_rows(tmp_path: Path) -> None:
    with ThreadedUpstream() as upstream, router_process(tmp_path, configuration(upstream.url)) as (url, process):
        for _ in range(20):
            post(url, {"model": "auto", "messages": [{"role": "user", "content": "hi"}]})
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert len(recent(tmp_path / LEDGER, 100)) == 20


def test_no_worker_outlives_a_killed_router(tmp_path: Path) -> None:
    with router_process(tmp_path) as (url, process):
        post(url, {"model": "local", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2})
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("no /proc here to find the worker in")
        workers = [int(pid) for pid in children.read_text().split()]
        assert workers
        process.kill()
        process.wait()
        for _ in range(1000):
            if not any(_runs(pid) for pid in workers):
                return
            time.sleep(0.01)
        raise AssertionError("the worker still runs")


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_taken_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} on 127.0.0.1 is taken"):
            bind("127.0.0.1", port)
        ran = subprocess.run(
            [sys.executable, "-m", "agent_router", "serve", "--port", str(port)],
            capture_output=True,
            text=True,
            env=environment(tmp_path),
            timeout=60,
            check=False,
        )
    assert ran.returncode == 1
    assert "is taken" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_ledger_is_for_the_users_eyes_only(tmp_path: Path) -> None:
    with ThreadedUpstream() as upstream, router_process(tmp_path, configuration(upstream.url)) as (url, _):
        post(url, {"model": "auto", "messages": [{"role": "user", "content": "secret words"}]})
        time.sleep(0.3)
        for path in tmp_path.rglob("*"):
            if path.name != "config.toml":
                assert os.stat(path).st_mode & 0o077 == 0, path
                assert path.is_dir() or b"secret words" not in path.read_bytes()


def test_a_read_only_ledger_costs_no_answer_and_is_shown(tmp_path: Path) -> None:
    (tmp_path / LEDGER).mkdir()  # not even root can open a folder as a database
    with ThreadedUpstream() as upstream, router_process(tmp_path, configuration(upstream.url)) as (url, _):
        assert post(url, {"model": "auto", "messages": [{"role": "user", "content": "hi"}]})
        for _ in range(100):
            health = json.loads(urllib.request.urlopen(f"{url}/healthz", timeout=10).read())
            if health["ledger"]["pending"] + health["ledger"]["lost"]:
                break
            time.sleep(0.05)
        assert (health["status"], health["ledger"]["written"]) == ("degraded", 0)
        assert health["ledger"]["error"]
        assert health["ledger"]["pending"] + health["ledger"]["lost"] == 1
