"""The first page and its JSON twins. Nothing is loaded from elsewhere, and nothing needs a build."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from agent_dashboards import number_format
from agent_dashboards.live_stream import ledger_health, live_stream
from agent_dashboards.request_row import request_row, shown
from agent_dashboards.split_bar import MEASURES, split_bar
from agent_dashboards.split_cache import RANGES, SplitCache
from agent_telemetry.ledger_reader import recent
from agent_telemetry.live import KEPT_FINISHED, LiveFeed, Running
from agent_telemetry.split import Classify
from agent_telemetry.usage_record import UsageRecord

Range = Literal["today", "7d", "30d", "all"]
By = Literal["output", "requests", "tokens", "money"]
Arguments = ParamSpec("Arguments")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def pages(ledger_path: Path, feed: LiveFeed, classify: Classify, status: Callable[[], dict[str, Any]]) -> APIRouter:
    """`/`, `/static/*`, `/api/split`, `/api/requests` and `/api/live`.

    `status` gives {"ledger": {"healthy", "lost", "error"}, ...} and is called on the event loop. The ledger is
    read in threads. Where it cannot be read the page says so, and the JSON is an error with status 503.
    """
    router = APIRouter(include_in_schema=False)
    static = _static()
    router.include_router(_static_files(static))
    template = _environment(static).get_template("page.html")
    splits = SplitCache(ledger_path, classify)

    @router.get("/")
    async def page(request: Request) -> Response:
        range_ = _one_of(RANGES, request.query_params.get("range"), "7d")
        by = _one_of(MEASURES, request.query_params.get("by"), "output")
        snapshot = feed.snapshot()
        requests: list[Running | UsageRecord] = [*reversed(snapshot.running), *snapshot.finished]
        try:
            bar, fault = split_bar(await splits.get(range_), by), None
        except sqlite3.Error as error:
            bar, fault = None, f"The ledger cannot be read: {error}."
        html = template.render(
            range=range_,
            by=by,
            ranges=RANGES,
            measures=MEASURES,
            bar=bar,
            fault=fault,
            rows=[shown(request_row(r, classify)) for r in requests],
            ledger=ledger_health(status()),
            base_url=f"{request.url.scheme}://{request.url.netloc}/v1",
        )
        return Response(html, media_type="text/html; charset=utf-8", headers=HEADERS)

    @router.get("/api/split")
    @_ledger_readable
    async def split_json(range: Annotated[Range, Query()] = "7d", by: Annotated[By, Query()] = "output") -> Response:
        split = await splits.get(range)
        bar = split_bar(split, by)
        segments = [segment._asdict() for segment in bar.segments]
        return _json({"range": range, "by": by, "total": bar.total, "segments": segments, **split})

    @router.get("/api/requests")
    @_ledger_readable
    async def requests_json(limit: Annotated[int, Query(ge=1, le=1000)] = KEPT_FINISHED) -> Response:
        rows = await asyncio.to_thread(recent, ledger_path, limit)
        running = [request_row(request, classify) for request in feed.snapshot().running]
        return _json({"running": running, "requests": [request_row(row, classify) for row in rows]})

    @router.get("/api/live")
    async def live() -> StreamingResponse:
        stream = live_stream(feed, classify, status)
        return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)

    return router


def _static() -> dict[str, bytes]:
    folder = files("agent_dashboards") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}


def _static_files(static: dict[str, bytes]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def static_file(name: str) -> Response:
        if name not in static:
            return Response("No such file.", 404, media_type="text/plain", headers=HEADERS)
        kept = HEADERS | {"cache-control": "max-age=31536000, immutable"}  # the address holds a hash
        return Response(static[name], media_type=_TYPES[name.rpartition(".")[2]], headers=kept)

    return router


def _environment(static: dict[str, bytes]) -> Environment:
    environment = Environment(
        loader=PackageLoader("agent_dashboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    hashes = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in static.items()}
    environment.globals["static"] = lambda name: f"/static/{name}?{hashes[name]}"
    environment.filters |= {name: getattr(number_format, name) for name in ("whole", "percent", "money")}
    return environment


def _one_of(known: dict[str, Any], asked: str | None, otherwise: str) -> str:
    return asked if asked in known else otherwise


def _json(data: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(data), status, media_type="application/json", headers=HEADERS)


def _ledger_readable(
    endpoint: Callable[Arguments, Awaitable[Response]],
) -> Callable[Arguments, Awaitable[Response]]:
    @wraps(endpoint)
    async def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        try:
            return await endpoint(*args, **kwargs)
        except sqlite3.Error as error:
            return _json({"error": {"message": f"The ledger cannot be read: {error}."}}, 503)

    return guarded
