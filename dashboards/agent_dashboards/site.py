"""What all pages share: templates, static files, headers, and that each page has a JSON twin of the same data."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from agent_dashboards import number_format
from agent_dashboards.kept import Kept
from agent_dashboards.live_stream import ledger_health
from agent_telemetry.live import LiveFeed
from agent_telemetry.split import Classify

Query = TypeVar("Query", bound=msgspec.Struct)
Data = dict[str, Any]

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


class PageError(Exception):
    """There is no page of this: the status, and a sentence for the reader."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Site:
    """The pages of one ledger, on `router`.

    `status` gives {"ledger": {"healthy", "lost", "error"}, ...} and is called on the event loop. What pages read they
    read in threads, through `kept`.
    """

    def __init__(self, ledger: Path, feed: LiveFeed, classify: Classify, status: Callable[[], dict[str, Any]]) -> None:
        self.ledger = ledger
        self.feed = feed
        self.classify = classify
        self.status = status
        self.kept = Kept()
        self.router = APIRouter(include_in_schema=False)
        static = _static()
        self._environment = _environment(static)
        self._serve(static)

    def page(
        self,
        path: str,
        template: str,
        query: type[Query],
        data: Callable[..., Awaitable[Data]],
        view: Callable[[Data], Data] | None = None,
        *,
        twin: str | None = None,
    ) -> None:
        """Serve a page at `path` and its data as JSON at `twin` (`/api` and the path).

        `data` gets the query, a struct whose defaults are what an absent parameter means, and the path's own
        parameters by name. What it returns is the twin's JSON, and what the template is rendered with; `view` adds
        what only the template needs. It may raise `PageError` and `sqlite3.Error`.
        """

        async def found(request: Request) -> Data:
            given = dict(request.query_params)
            try:
                asked = msgspec.convert({name: value for name, value in given.items() if value}, query, strict=False)
            except msgspec.ValidationError as error:
                raise PageError(400, f"The address is wrong: {error}.") from None
            try:
                return await data(asked, **request.path_params)
            except sqlite3.Error as error:
                raise PageError(503, f"The ledger cannot be read: {error}.") from None

        async def html(request: Request) -> Response:
            try:
                shown = await found(request)
            except PageError as error:
                return self.render("fault.html", request, {"fault": str(error)}, error.status)
            return self.render(template, request, shown | (view(shown) if view else {}))

        async def json(request: Request) -> Response:
            try:
                return as_json(await found(request))
            except PageError as error:
                return as_json({"error": {"message": str(error)}}, error.status)

        self.router.add_api_route(path, html, methods=["GET"])
        self.router.add_api_route(twin or f"/api{path}", json, methods=["GET"])

    def render(self, template: str, request: Request, values: Mapping[str, Any], status: int = 200) -> Response:
        """A page made of a template."""
        html = self._environment.get_template(template).render(
            path=request.url.path,
            query=request.url.query,
            health=ledger_health(self.status()),
            base_url=f"{request.url.scheme}://{request.url.netloc}/v1",
            **values,
        )
        return Response(html, status, media_type="text/html; charset=utf-8", headers=HEADERS)

    def _serve(self, static: dict[str, bytes]) -> None:
        @self.router.get("/static/{name}")
        async def static_file(name: str) -> Response:
            if name not in static:
                return Response("No such file.", 404, media_type="text/plain", headers=HEADERS)
            kept = HEADERS | {"cache-control": "max-age=31536000, immutable"}  # the address holds a hash
            return Response(static[name], media_type=_TYPES[name.rpartition(".")[2]], headers=kept)


def as_json(data: Any, status: int = 200) -> Response:
    """Data as the JSON twins give it."""
    return Response(msgspec.json.encode(data), status, media_type="application/json", headers=HEADERS)


def _static() -> dict[str, bytes]:
    folder = files("agent_dashboards") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}


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
    environment.filters |= {name: getattr(number_format, name) for name in ("whole", "percent", "money", "duration")}
    return environment
