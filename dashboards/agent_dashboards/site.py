"""What all pages share: templates, static files, headers, and that each page has a JSON twin of the same data."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from agent_dashboards import number_format
from agent_dashboards.kept import Kept
from agent_dashboards.live_stream import ledger_health
from agent_dashboards.page_error import PageError
from agent_dashboards.page_token import PageTokens
from agent_dashboards.posted_form import posted_form
from agent_dashboards.shown_name import name
from agent_telemetry.live import LiveFeed
from agent_telemetry.openness import FamilyOf
from agent_telemetry.split import Classify

Query = TypeVar("Query", bound=msgspec.Struct)
Form = TypeVar("Form", bound=msgspec.Struct)
Data = dict[str, Any]


class Drawn(NamedTuple):
    """Data, and what only the template needs beside it."""

    data: Data
    shown: Data


POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_UNUSED = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi"),
    *("payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
    # Nothing to other sites. Under `no-referrer` a browser would not say either where a form of ours comes from.
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


class Site:
    """The pages of one ledger, on `router`.

    `status` gives {"ledger": {"healthy", "lost", "error"}, ...} and is called on the event loop. What pages read they
    read in threads, through `kept`. `family` finds a model's family in the catalogue. `settings` gives the effective
    configuration: {"file", "file_exists", "data", "values": {key: {"value", "origin"}}, "warnings"}.
    """

    def __init__(
        self,
        ledger: Path,
        feed: LiveFeed,
        classify: Classify,
        status: Callable[[], dict[str, Any]],
        family: FamilyOf = lambda model, provider: None,
        settings: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.ledger = ledger
        self.feed = feed
        self.classify = classify
        self.status = status
        self.family = family
        self.settings = settings
        self.kept = Kept()
        self.tokens = PageTokens()
        self.router = APIRouter(include_in_schema=False)
        static = _static()
        self._environment = _environment(static)
        self._serve(static)

    def page(
        self,
        path: str,
        template: str,
        query: type[Query],
        data: Callable[..., Awaitable[Data | Drawn]],
    ) -> None:
        """Serve a page at `path`, and its data as JSON at `/api` and the path.

        `data` gets the query, a struct whose defaults are what an absent parameter means, and the path's own
        parameters by name. What it returns is the twin's JSON, and what the template is rendered with; `Drawn`
        adds what only the template needs. It may raise `PageError` and `sqlite3.Error`.
        """
        self.html(path, template, query, data)
        self.json(f"/api{path}", query, data)

    def html(
        self,
        path: str,
        template: str,
        query: type[Query],
        data: Callable[..., Awaitable[Data | Drawn]],
    ) -> None:
        """Serve a page alone; see `page`."""

        async def html(request: Request) -> Response:
            try:
                given = await _found(request, query, data)
            except PageError as error:
                return self.fault(request, error)
            return self.render(template, request, given.data | given.shown if isinstance(given, Drawn) else given)

        self.router.add_api_route(path, html, methods=["GET"])

    def json(self, path: str, query: type[Query], data: Callable[..., Awaitable[Data | Drawn]]) -> None:
        """Serve a twin alone; see `page`."""

        async def json(request: Request) -> Response:
            try:
                given = await _found(request, query, data)
                return as_json(given.data if isinstance(given, Drawn) else given)
            except PageError as error:
                return as_json({"error": {"message": str(error)}}, error.status)

        self.router.add_api_route(path, json, methods=["GET"])

    def action(self, path: str, form: type[Form], act: Callable[..., Awaitable[str]]) -> None:
        """Take the forms that pages send to `path`, and change something.

        `act` gets the form, a struct of its fields, and the path's own parameters by name. It returns the address of
        the page that shows what has become of it, to which the browser goes; it may raise `PageError` and
        `sqlite3.Error`. A form must carry the field `token`, made for the path by `tokens`; see `posted_form`.
        """

        async def post(request: Request) -> Response:
            back = quote(request.scope["path"].rpartition("/")[0])
            try:
                fields = await posted_form(request, self.tokens)
                address = await act(msgspec.convert(fields, form, strict=False), **request.path_params)
            except PageError as error:
                return self.fault(request, error, back)
            except msgspec.ValidationError as error:
                return self.fault(request, PageError(400, f"The form is wrong: {error}."), back)
            except sqlite3.Error as error:
                return self.fault(request, PageError(503, f"The ledger cannot be written: {error}."), back)
            return Response(status_code=303, headers=HEADERS | {"location": address})

        self.router.add_api_route(path, post, methods=["POST"])

    def offer_sign_out(self) -> None:
        """Have all pages offer it."""
        self._environment.globals["sign_out"] = lambda: self.tokens.make("/sign-out")

    def fault(self, request: Request, error: PageError, back: str | None = None) -> Response:
        """The page that says why there is no page; `back` is the address of one from where to go on."""
        return self.render("fault.html", request, {"fault": str(error), "back": back}, error.status)

    def render(self, template: str, request: Request, values: Mapping[str, Any], status: int = 200) -> Response:
        """A page made of a template."""
        html = self._environment.get_template(template).render(
            path=request.url.path,
            raw_path=request.scope["raw_path"].decode("ascii", "replace"),  # as it was sent, with its %2F
            query=request.url.query,
            health=ledger_health(self.status()),
            base_url=f"{request.url.scheme}://{request.url.netloc}/v1",
            **values,
        )
        return Response(html, status, media_type="text/html; charset=utf-8", headers=HEADERS)

    def fragment(self, template: str, values: Mapping[str, Any]) -> str:
        """A part of a page, to be put into one as it is. From any thread."""
        return self._environment.get_template(template).render(**values)

    def _serve(self, static: dict[str, bytes]) -> None:
        @self.router.get("/static/{name}")
        async def static_file(name: str) -> Response:
            if name not in static:
                return Response("No such file.", 404, media_type="text/plain", headers=HEADERS)
            kept = HEADERS | {"cache-control": "max-age=31536000, immutable"}  # the address holds a hash
            return Response(static[name], media_type=_TYPES[name.rpartition(".")[2]], headers=kept)


async def _found(request: Request, query: type[Query], data: Callable[..., Awaitable[Data | Drawn]]) -> Data | Drawn:
    given = dict(request.query_params)
    try:
        asked = msgspec.convert({name: value for name, value in given.items() if value}, query, strict=False)
    except msgspec.ValidationError as error:
        raise PageError(400, f"The address is wrong: {error}.") from None
    try:
        return await data(asked, **request.path_params)
    except sqlite3.Error as error:
        raise PageError(503, f"The ledger cannot be read: {error}.") from None


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
    environment.globals["sign_out"] = None
    environment.filters["name"] = name
    environment.filters |= {name: getattr(number_format, name) for name in ("whole", "percent", "money", "duration")}
    return environment
