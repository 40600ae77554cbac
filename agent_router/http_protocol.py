"""uvicorn's HTTP protocol, with what the hot path needs of it: corked writes, and word of a client that leaves.

ASGI tells of a disconnect only to whoever awaits `receive`, which would take a task of its own for each request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agent_router.corked import CorkedTransport

Leaving = set[Callable[[], None]]
"""Callbacks for the moment in which the client's connection is gone; add and discard as you like."""

LEAVING = "agent_router.leaving"
"""The ASGI extension (`scope["extensions"]`) that holds a connection's `Leaving`."""

_UNPAUSED = 512 * 1024  # bytes of a body that may wait for whoever reads it


class HttpProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._leaving: Leaving = set()
        super().connection_made(CorkedTransport(transport, self.loop))  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {LEAVING: self._leaving}  # type: ignore[dict-item]

    def on_body(self, body: bytes) -> None:
        # uvicorn stops reading at 64 KiB until somebody asks for the body; here somebody always does, at once, and
        # stops at the limit. An agent's usual body then needs no pause of the socket.
        cycle = self.cycle
        if len(cycle.body) + len(body) > _UNPAUSED:
            super().on_body(body)
        elif not cycle.response_complete:
            cycle.body += body
            cycle.message_event.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for leave in tuple(self._leaving):
            leave()
