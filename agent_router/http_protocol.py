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


class HttpProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._leaving: Leaving = set()
        super().connection_made(CorkedTransport(transport, self.loop))  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {LEAVING: self._leaving}  # type: ignore[dict-item]

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for leave in tuple(self._leaving):
            leave()
