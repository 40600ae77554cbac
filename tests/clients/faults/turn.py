"""One turn of one agent against an upstream that fails: what reached the upstream, and what the user was told."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.clients.faults.clients import Client
from tests.clients.faults.faults import Fault
from tests.running_router import router_process
from tests.upstreams.threaded import ThreadedUpstream

# What the scripted upstream says to the ask, or where the agent wraps it in more.
_ANSWER = re.compile(r"49 50|echo:")
_STARTING = 90.0  # seconds that an agent may take until it asks
_KINDS = {"chat": "openai", "responses": "openai", "messages": "anthropic", "gemini": "gemini"}
# The router's words, or the upstream's own where the request is at fault.
_SENTENCE = re.compile(r"Upstream\s+scripted\b|The scripted upstream answers 4(?:04|13)")


@dataclass(frozen=True)
class Turn:
    """`requests` that reached the upstream, `asked` of them different ones; `seconds` until the agent
    ended, None if it had to be stopped; `told`: how often the router's sentence was in what the user saw; `answered`:
    whether the answer was."""

    requests: int
    asked: int
    seconds: float | None
    told: int
    answered: bool
    output: str

    def summary(self) -> str:
        """In one line."""
        ended = "stopped" if self.seconds is None else f"{self.seconds:.0f} s"
        last = " ".join(self.output.split())[-240:]
        answered = "answered" if self.answered else f"told {self.told}x"
        return f"{self.requests} requests ({self.asked} different), {ended}, {answered} | {last}"


def turn(client: Client, fault: Fault, *, routed: bool, kind: str | None = None) -> Turn:
    """Let `client` ask once. `routed`: through a router whose closed side, of `kind`, is the upstream."""
    kind = kind or _KINDS[client.dialect]
    spoken = client.dialect if not routed or kind == _KINDS[client.dialect] else _DIALECTS[kind]
    with ThreadedUpstream(*fault.script(spoken)) as upstream, tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with _endpoint(upstream.url, data, kind, client.dialect) if routed else _direct(upstream.url) as url:
            output, ended = _run(client, data / "home", url, fault.seconds, lambda: _first(upstream))
        asked = [request for request in upstream.requests if request.method == "POST"]
        # A connection that is reset before a request is read is all that is seen of it.
        count = len(asked) or (upstream.upstream.connections if fault.name == "no connection" else 0)
    return Turn(
        requests=count,
        asked=len({request.body for request in asked}),
        seconds=ended[0] if ended else None,
        told=len(_SENTENCE.findall(output)),
        answered=ended is not None and ended[1] == 0 and _ANSWER.search(output) is not None,
        output=output,
    )


_DIALECTS = {"openai": "chat", "anthropic": "messages", "gemini": "gemini"}


@contextlib.contextmanager
def _direct(url: str) -> Iterator[str]:
    yield url


@contextlib.contextmanager
def _endpoint(upstream: str, data: Path, kind: str, dialect: str) -> Iterator[str]:
    base = upstream + ("/v1beta" if kind == "gemini" else "/v1")
    api = "responses" if dialect == "responses" else "chat"
    configuration = (
        f'[upstreams.scripted]\nkind = "{kind}"\nbase_url = "{base}"\nmodels = ["m"]\nkey_env = "SCRIPTED_KEY"\n'
        + (f'api = "{api}"\n' if kind == "openai" else "")
        + '[routing]\nclosed = "scripted/m"\n'
    )
    with router_process(data / "router", configuration, SCRIPTED_KEY="sk-scripted") as (url, _):
        yield url


def _end_all(home: Path) -> None:
    """End what runs in this home: some agents start others in sessions of their own. Where there is no /proc, they
    live on."""
    ours = f"HOME={home}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if ours in (process / "environ").read_bytes() + b"\0":
                os.kill(int(process.name), signal.SIGKILL)


def _first(upstream: ThreadedUpstream) -> bool:
    """Whether anything came; a HEAD that only looks whether somebody is there is not the turn."""
    if upstream.upstream.connections and not upstream.requests:
        return True
    return any(request.method == "POST" for request in upstream.requests)


def _run(
    client: Client, home: Path, url: str, limit: float, begun: Callable[[], bool]
) -> tuple[str, tuple[float, int] | None]:
    """What it said, and after how many seconds it ended with which code; None if it had to be stopped, `limit` seconds
    after its turn had `begun`."""
    work = home / "work"
    work.mkdir(parents=True)
    started = client.turn(home, url)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "NO_COLOR": "1", "TERM": "dumb"}
    began = time.monotonic()
    ended: tuple[float, int] | None = None
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(
            started.command,
            cwd=work,
            env=environment | started.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        until = began + _STARTING
        try:
            while ended is None and time.monotonic() < until:
                time.sleep(0.05)
                if process.poll() is not None:
                    ended = (time.monotonic() - began, process.returncode)
                elif until == began + _STARTING and begun():
                    until = time.monotonic() + limit
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            _end_all(home)
            process.wait()
    said = (home / "output").read_text(errors="replace")
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said), ended
