"""A served page with its feed and its ledger."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from fastapi import FastAPI

from agent_dashboards.pages import pages
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed
from agent_telemetry.openness import FamilyOf
from agent_telemetry.split import Classify
from agent_telemetry.usage_record import UsageRecord


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    """Names say what they are."""
    for openness in ("open", "closed"):
        if model is not None and model.startswith(openness):
            return openness, "A lab"
    return "unknown", None


class Site:
    """The page at `url`; `status` is what the router says of itself, `settings` what is configured."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"
        self.ledger = Ledger(self.path)
        self.feed = LiveFeed()
        self.status: dict[str, Any] = {"ledger": {"healthy": True, "lost": 0, "error": None}}
        self.settings: dict[str, Any] = {}
        self.url = ""

    def row(self, key: str = "k", **fields: Any) -> UsageRecord:
        """A request that was answered just now."""
        base = {"source": "proxy", "key": key, "time": datetime.now(UTC), "requested_model": "auto"}
        base |= {"model": "open-4b", "provider": "local", "place": "device", "route": "local", "reason": "a rule"}
        return UsageRecord(**(base | {"input": 10, "output": 5, "latency_ms": 123.0} | fields))

    def record(self, *rows: UsageRecord) -> None:
        """As the router does: into the ledger and onto the feed."""
        for row in rows:
            self.ledger.record(row)
            self.feed.finished(row)
        assert self.ledger.flush()


@contextlib.asynccontextmanager
async def serve(
    folder: Path, classify: Classify = classify, family: FamilyOf = lambda model, provider: None
) -> AsyncIterator[Site]:
    """The pages of a folder's ledger."""
    site = Site(folder)
    app = FastAPI(openapi_url=None)
    app.include_router(pages(site.path, site.feed, classify, lambda: site.status, family, lambda: site.settings))
    listener = socket.create_server(("127.0.0.1", 0))
    site.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield site
    finally:
        site.feed.close()
        server.should_exit = True
        await serving
        listener.close()
        site.ledger.close()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with serve(tmp_path) as site:
        yield site


@pytest.fixture
async def client(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(site.url, timeout=aiohttp.ClientTimeout(30)) as session:
        yield session
