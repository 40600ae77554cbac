"""What is measured: a command to start, an address to ask, and a model name."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.bench.bodies import MODEL, encoded, small_body

ROOT = Path(__file__).parents[2]
SERVER_CORE, LOAD_CORE = 0, 1
KEY = f"sk-{secrets.token_hex(32)}"  # LiteLLM refuses to start with a weak one


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pin(core: int) -> None:
    """Keeps this process, and what it starts, on one core; where that cannot be done, nothing."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(0, {core})


@dataclass
class Target:
    """headers: besides those that every request has. patience: seconds it may take to start. first: what
    the request that waits for it has besides."""

    name: str
    port: int
    command: list[str] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str = MODEL
    path: str = "/v1/chat/completions"
    patience: float = 30
    first: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    sent: int = 0

    def request(self, body: bytes) -> bytes:
        """The bytes of a whole HTTP request."""
        lines = [f"POST {self.path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", "content-type: application/json"]
        lines += [f"authorization: Bearer {KEY}", "accept: */*", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    @contextlib.contextmanager
    def running(self, log: Path, core: int | None = SERVER_CORE) -> Iterator[float]:
        """Starts it and yields the seconds until its first answer; stops it with SIGTERM. RuntimeError: it died."""
        with log.open("wb") as output:
            began = time.perf_counter()
            self.process = self._spawn(output, core)
            try:
                self._first_answer(began + self.patience, log)
                yield time.perf_counter() - began
            finally:
                self.stop()

    def _spawn(self, output: IO[bytes], core: int | None) -> subprocess.Popen[bytes]:
        back = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        if core is not None:
            pin(core)
        try:
            return subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0 if os.name == "posix" else None,
            )
        finally:
            if back is not None:
                os.sched_setaffinity(0, back)

    def _first_answer(self, deadline: float, log: Path) -> None:
        body = encoded(small_body() | {"model": self.model} | self.first)
        headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}", **self.headers}
        said = "nothing"
        while time.perf_counter() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
            try:
                connection.connect()
                self.sent += 1
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                said = answer.read().decode("utf-8", "replace")[:300]
                if answer.status == 200:
                    return
            except OSError:
                time.sleep(0.002)
            finally:
                connection.close()
        last = " | ".join(log.read_text("utf-8", "replace").strip().splitlines()[-3:])
        raise RuntimeError(f"{self.name} did not start: it answered {said}, and its log ends: {last}")

    def stop(self) -> float:
        """Sends SIGTERM and waits; returns the seconds it took."""
        process, self.process = self.process, None
        if process is None:
            return 0.0
        began = time.perf_counter()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # what it left behind
        return time.perf_counter() - began


class Upstream(Target):
    """The scripted upstream, in a process of its own beside the load."""

    @classmethod
    def make(cls) -> Upstream:
        port = free_port()
        command = [sys.executable, "-m", "tests.upstreams", "--port", str(port), "--script", "canned", "--keep", "0"]
        return cls("direct", port, command)

    def script(self, *behaviours: str) -> None:
        """What it answers from now on."""
        self._control("POST", "/_script", json.dumps(behaviours))

    def count(self) -> int:
        """Requests that it received."""
        return int(json.loads(self._control("GET", "/_requests"))["count"])

    def _control(self, method: str, path: str, body: str = "") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body)
        said = connection.getresponse().read()
        connection.close()
        return said


def relay(upstream: Target) -> Target:
    """The floor."""
    port = free_port()
    address = f"http://127.0.0.1:{upstream.port}"
    return Target(
        "relay", port, [sys.executable, "-m", "tests.bench.relay", "--port", str(port), "--upstream", address]
    )


def router(upstream: Target, folder: Path) -> Target:
    """agent-router as a user starts it, with one closed upstream; ledger in `folder`."""
    port = free_port()
    config = folder / "config.toml"
    config.write_text(
        f'[upstreams.openai]\nkind = "openai"\nbase_url = "http://127.0.0.1:{upstream.port}/v1"\n'
        f'key_env = "BENCH_KEY"\nmodels = ["{MODEL}"]\n\n[routing]\nclosed = "openai/{MODEL}"\n'
    )
    command = [str(Path(sys.executable).with_name("agent-router")), "serve", "--port", str(port)]
    return Target("agent-router", port, command, router_environment(folder) | {"AGENT_ROUTER_CONFIG": str(config)})


def router_environment(folder: Path) -> dict[str, str]:
    """Where the router of a benchmark keeps its data, and the key it reads."""
    return {"AGENT_ROUTER_DATA": str(folder / "data"), "BENCH_KEY": KEY}
