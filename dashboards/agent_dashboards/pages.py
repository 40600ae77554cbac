"""All pages and their JSON twins. Nothing is loaded from elsewhere, and nothing needs a build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from agent_dashboards.families_page import add_families
from agent_dashboards.family_page import add_family
from agent_dashboards.live_stream import live_stream
from agent_dashboards.models_page import add_models
from agent_dashboards.overview import add_overview
from agent_dashboards.request_page import add_request
from agent_dashboards.requests_page import add_requests
from agent_dashboards.settings_page import add_settings
from agent_dashboards.sign_in import SignIn, add_sign_in
from agent_dashboards.site import HEADERS, Site
from agent_dashboards.sources_page import add_sources
from agent_telemetry.live import LiveFeed
from agent_telemetry.openness import FamilyOf
from agent_telemetry.split import Classify


def pages(
    ledger_path: Path,
    feed: LiveFeed,
    classify: Classify,
    status: Callable[[], dict[str, Any]],
    family: FamilyOf = lambda model, provider: None,
    settings: Callable[[], dict[str, Any]] = dict,
    sign_in: SignIn | None = None,
) -> APIRouter:
    """`/` and the other pages, `/static/*`, `/api/*`. `Site` says what is given; `sign_in` is there where a key is
    demanded."""
    site = Site(ledger_path, feed, classify, status, family, settings)
    add_overview(site)
    add_models(site)
    add_sources(site)
    add_requests(site)
    add_request(site)
    add_families(site)
    add_family(site)
    add_settings(site)
    if sign_in is not None:
        add_sign_in(site, sign_in)

    @site.router.get("/api/live")
    async def live() -> StreamingResponse:
        stream = live_stream(feed, classify, status)
        return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)

    return site.router


def page_paths(router: APIRouter) -> Callable[[str], bool]:
    """Whether a path is one of the pages', their twins' or their forms', or that of the metrics which they link to."""
    patterns = [route.path_regex for route in router.routes if isinstance(route, APIRoute)]

    def is_page(path: str) -> bool:
        return path == "/metrics" or any(pattern.match(path) for pattern in patterns)

    return is_page
