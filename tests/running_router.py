"""A router that really runs, for tests: in this event loop, or as the process that users start."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from agent_router import config
from agent_router.app import App
from agent_router.http_protocol import HttpProtocol
from agent_router.server import bind


@contextlib.asynccontextmanager
async def running_router(
    data: Path, settings: dict[str, Any] | None = None, *, catch: bool = True
) -> AsyncIterator[tuple[str, App]]:
    """(base URL, app) of a router in this event loop, with `settings` nested like the configuration file."""
    before = {name: os.environ.get(name) for name in ("AGENT_ROUTER_DATA", "AGENT_ROUTER_CONFIG")}
    os.environ["AGENT_ROUTER_DATA"] = str(data)
    os.environ.pop("AGENT_ROUTER_CONFIG", None)
    try:
        app = App(config.load(settings or {}))
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=HttpProtocol,
            ws="websockets-sansio",
            lifespan="on",
            log_config=None,
            timeout_graceful_shutdown=5,
        )
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.ensure_future(server._serve([listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", app
    finally:
        app.feed.close()
        server.should_exit = True
        await serving
        listener.close()


def environment(data: Path, configuration: str = "", **more: str) -> dict[str, str]:
    """The environment of a router process of its own: no keys but those given, its own configuration and data."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "config.toml").write_text(configuration)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AGENT_ROUTER_") and not name.endswith("_API_KEY")
    }
    return (
        kept
        | {"AGENT_ROUTER_CONFIG": str(data / "config.toml"), "AGENT_ROUTER_DATA": str(data)}
        | {
            "AGENT_ROUTER_LOGS__WATCH": "false"  # the logs of whoever runs the tests are not theirs
        }
        | more
    )


@contextlib.contextmanager
def router_process(
    data: Path, configuration: str = "", *arguments: str, **more: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """(base URL, process) of `agent-router serve` with this configuration (TOML)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_router", "serve", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(data, configuration, **more),
    )
    assert process.stdout is not None
    try:
        said = b""
        while b"}" not in said:
            line = process.stdout.readline()
            if not line:
                assert process.stderr is not None
                raise AssertionError(f"the router did not start: {said!r} {process.stderr.read()!r}")
            said += line
        yield json.loads(said)["url"], process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
