"""Serves the app: binds, drains on SIGTERM, exits."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from agent_router.app import App
from agent_router.errors import ConfigError
from agent_router.http_protocol import HttpProtocol


class _Server(uvicorn.Server):
    """uvicorn's server, which also ends the live pages when it is told to stop: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, app: App, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        # What is there now stays: the collector need not walk through it again while requests wait.
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._app.feed.close)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; ConfigError says what to do if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is taken, perhaps by another agent-router. Stop that one, or choose another "
                f"port: `agent-router serve --port {port + 1 if port < 65535 else 8484}`."
            ) from None
        raise ConfigError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from None
    listener.setblocking(False)
    return listener


def serve(app: App, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; running answers may go on for `[server] drain_seconds`."""
    drain = app.configuration.settings.server.drain_seconds
    config = uvicorn.Config(
        app,
        loop="auto",
        http=HttpProtocol,
        ws="websockets-sansio",
        ws_max_size=app.configuration.settings.server.max_body_bytes,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(drain) + (drain > int(drain)),
    )
    # uvicorn raises the signal again when it is done; by then there is nothing left to end in a hurry.
    previous: dict[int, Any] = {sig: signal.signal(sig, lambda *_: None) for sig in (signal.SIGTERM, signal.SIGINT)}
    try:
        _Server(config, app, ready).run(sockets=[listener])
    finally:
        for sig, handler in previous.items():
            signal.signal(sig, handler)
