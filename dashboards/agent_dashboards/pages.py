"""All pages and their JSON twins. Nothing is loaded from elsewhere, and nothing needs a build."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from agent_dashboards.families_page import add_families
from agent_dashboards.family_page import add_family
from agent_dashboards.live_stream import live_stream
from agent_dashboards.models_page import add_models
from agent_dashboards.overview import add_overview
from agent_dashboards.request_page import add_request
from agent_dashboards.request_row import request_row
from agent_dashboards.site import HEADERS, Site, as_json
from agent_dashboards.sources_page import add_sources
from agent_telemetry.ledger_reader import recent
from agent_telemetry.live import KEPT_FINISHED, LiveFeed
from agent_telemetry.openness import FamilyOf
from agent_telemetry.split import Classify


def pages(
    ledger_path: Path,
    feed: LiveFeed,
    classify: Classify,
    status: Callable[[], dict[str, Any]],
    family: FamilyOf = lambda model, provider: None,
) -> APIRouter:
    """`/` and the other pages, `/static/*`, `/api/*`. `Site` says what is given."""
    site = Site(ledger_path, feed, classify, status, family)
    add_overview(site)
    add_models(site)
    add_sources(site)
    add_request(site)
    add_families(site)
    add_family(site)

    @site.router.get("/api/requests")
    async def requests_json(limit: Annotated[int, Query(ge=1, le=1000)] = KEPT_FINISHED) -> Response:
        try:
            rows = await asyncio.to_thread(recent, ledger_path, limit)
        except sqlite3.Error as error:
            return as_json({"error": {"message": f"The ledger cannot be read: {error}."}}, 503)
        running = [request_row(request, classify) for request in feed.snapshot().running]
        return as_json({"running": running, "requests": [request_row(row, classify) for row in rows]})

    @site.router.get("/api/live")
    async def live() -> StreamingResponse:
        stream = live_stream(feed, classify, status)
        return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)

    return site.router
