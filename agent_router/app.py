"""The running router: everything built from the configuration, behind one ASGI callable."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from agent_dashboards.pages import page_paths, pages
from agent_dashboards.sign_in import PATH as SIGN_IN
from agent_models.catalogue import Catalogue, CatalogueError
from agent_router import __version__, otel, plugins, request_id
from agent_router.config import LEDGER, RESPONSES, Configuration
from agent_router.effective_settings import effective_settings
from agent_router.endpoints import Endpoints, errors_at
from agent_router.errors import ApiError, ConfigError
from agent_router.escalation import Escalation
from agent_router.feedback_endpoint import feedback_endpoint
from agent_router.headers import fields
from agent_router.http_protocol import LEAVING
from agent_router.learning.audits import Audits
from agent_router.learning.idle import Idle
from agent_router.learning.keeper import Keeper
from agent_router.learning.learning import Learning
from agent_router.learning.shadow import Shadow
from agent_router.learning.teacher import Teacher
from agent_router.local_models import embedding_models, local_names, local_paths, stamps
from agent_router.model_endpoints import model_endpoints
from agent_router.model_list import model_list
from agent_router.openapi import document
from agent_router.otlp.endpoint import otlp_endpoint
from agent_router.otlp.process import ReceiverProcess
from agent_router.outcomes.session import Session
from agent_router.request_body import Receive, Send
from agent_router.response_endpoints import response_endpoints
from agent_router.responses_socket import ResponsesSocket
from agent_router.routing.families import Families
from agent_router.routing.guards.budget import Budget
from agent_router.routing.names import Names
from agent_router.routing.router import Router
from agent_router.safety import Gate
from agent_router.salt import installation_salt
from agent_router.sender import JSON
from agent_router.token_endpoints import token_endpoints
from agent_router.upstreams.chain import Chain
from agent_router.upstreams.local import PROVIDER
from agent_router.upstreams.registry import Registry
from agent_router.wire.responses.store import ResponseStore
from agent_telemetry.instruments import Reading
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed
from agent_telemetry.metrics import Metrics
from agent_telemetry.money import Money
from agent_telemetry.openness import classifier, family_finder
from agent_telemetry.trace import Traces
from agent_telemetry.usage_record import UsageRecord

if TYPE_CHECKING:
    from agent_telemetry.otel.export import Export

log = logging.getLogger("agent_router")

LOADED_A_SECOND = 300 * 1024 * 1024
"""Bytes of a model file that are loaded in a second, roughly: where it lies on a disk."""

_RESPONSES = frozenset({"/v1/responses", "/responses"})


class App:
    """An ASGI application. Checks every request at the gate, serves the hot path itself, leaves the rest to FastAPI.

    ConfigError if the configuration cannot be served.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        settings = configuration.settings
        salt = installation_salt(configuration.data) if settings.server.api_key_env else b""
        self._gate = Gate(settings.server, salt, configuration.data / "signed_out")
        try:
            self.catalogue = Catalogue.load(configuration.data / "catalogue.yaml")
        except CatalogueError as error:
            raise ConfigError(str(error)) from None
        local = local_paths(settings)
        self.names = Names(settings, local_names(settings), self.catalogue.lab, embedding_models(local))
        self._policy = plugins.policy(settings.routing)
        self._verifiers = plugins.all_verifiers()
        self.feed = LiveFeed()
        self._servers = otel.servers(settings)
        self._classify = classifier(self.catalogue)
        self._metrics = Metrics(self._classify, self._servers)
        self._traces = Traces(exporting=settings.otel.endpoint is not None and settings.otel.traces)
        self._told = otel.headers(settings.otel)
        self._export: Export | None = None
        self._otlp = ReceiverProcess(configuration)
        self._registry: Registry | None = None
        self._ledger: Ledger | None = None
        self._endpoints: Endpoints | None = None
        self._socket: ResponsesSocket | None = None
        self._cold: FastAPI | None = None
        self._keeper: Keeper | None = None
        self._learning: Learning | None = None
        self._billed: list[Callable[[Sequence[UsageRecord]], None]] = []  # told of rows with their prices
        self._preload: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = fields(scope["headers"])
        if scope["path"] == "/models" and b"text/html" not in headers.get(b"accept", b""):
            scope = {**scope, "path": "/v1/models", "raw_path": b"/v1/models"}  # an agent's; a person's is a page
        path, query = scope["path"], scope["query_string"]
        scope = {**scope, "request_id": request_id.told(request_id.new_id())}
        try:
            if len(headers) < len(scope["headers"]) and sum(name == b"host" for name, _ in scope["headers"]) > 1:
                raise ApiError(400, "A request has one Host header (RFC 9112).", code="invalid_host")
            self._gate.check(path, headers, query, scope["method"])
            assert self._endpoints is not None
            endpoint = self._endpoints.find(path)
            if endpoint is not None:
                if scope["method"] != "POST":
                    raise ApiError(
                        405, f"{path[:200]} takes POST, not {scope['method'][:16]}.", code="method_not_allowed"
                    )
                asked = f"{path}?{query.decode('latin-1')}" if query else path
                await endpoint(headers, receive, send, scope["extensions"][LEAVING], asked)
                return
        except ApiError as error:
            if error.status == 401 and self._gate.shows_sign_in(path, headers):
                await self._show_sign_in(scope, receive, send)
                return
            errors = errors_at(path, headers, query)
            error.request_id = scope["request_id"]
            body = errors.error_body(error)
            head = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
            head.append((request_id.header(errors), scope["request_id"].encode()))
            head += [(b"allow", b"POST")] if error.status == 405 else []
            await send({"type": "http.response.start", "status": error.status, "headers": head})
            await send({"type": "http.response.body", "body": body})
            return
        assert self._cold is not None
        if scope["method"] == "HEAD":  # the server leaves the body out
            scope = {**scope, "method": "GET"}
        send = _with_id(send, request_id.header(errors_at(path, headers, query)), scope["request_id"])
        # What FastAPI could not answer it has told the caller and the log by `failed`, and raises once more.
        with contextlib.suppress(Exception):
            await self._cold(scope, receive, send)

    async def _show_sign_in(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """In place of the page that was asked for, which comes afterwards."""
        assert self._cold is not None
        wanted = scope["raw_path"].decode("latin-1")
        if scope["method"] == "POST":
            wanted = wanted.rpartition("/")[0]  # the page with the form, which has to be sent again
        elif scope["query_string"] and b"key=" not in scope["query_string"]:
            wanted += "?" + scope["query_string"].decode("latin-1")
        asked = {"method": "GET", "path": SIGN_IN, "raw_path": SIGN_IN.encode()}
        asked["query_string"] = f"next={quote(wanted, safe='')}".encode()
        await self._cold({**scope, **asked}, receive, send)

    async def _websocket(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        path, status = scope["path"], 404
        try:
            self._gate.check(path, headers, scope["query_string"])
            if path in _RESPONSES:
                assert self._socket is not None
                await self._socket(headers, path, receive, send)
                return
        except ApiError as error:
            status = error.status
        await receive()
        # Closed before it is accepted, the upgrade is answered with a status.
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            log.exception("The router cannot start.")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def start(self) -> None:
        """Build what needs the event loop. No network, and no worker before a request needs one."""
        settings, data = self.configuration.settings, self.configuration.data
        registry = self._registry = Registry(settings, data)
        closed = self.names.closed
        embedding = self.names.closed_embedding
        money = Money(
            (closed.provider, closed.model) if closed else None,
            {name: upstream.address for name, upstream in settings.upstreams.items()},
            closed_embedding=(embedding.provider, embedding.model) if embedding else None,
        )
        asyncio.get_running_loop().run_in_executor(None, money.warm)
        budget = Budget(settings.routing.budget)
        self._billed.append(budget.learn)
        ledger = self._ledger = Ledger(data / LEDGER, enrich=money, on_batch=self._on_batch)
        self.feed.load(data / LEDGER)
        budget.load(data / LEDGER)
        salt, largest = installation_salt(data), settings.server.max_body_bytes
        families = Families(salt)
        self._keeper = Keeper(families, ledger, stamps(settings))
        await asyncio.to_thread(self._keeper.load)
        self._chain = Chain(registry.upstreams)
        router = Router(
            settings,
            self.names,
            self._policy,
            keyed=registry.keyed,
            healthy=self._healthy,
            window=self._window,
            seconds=self._seconds,
            families=families,
            budget=budget,
        )
        self._learning = self._learn(router, registry, ledger)
        self._responses = ResponseStore(data / RESPONSES if settings.routing.keep_text else None)
        self._endpoints = Endpoints(
            router,
            self._chain,
            ledger,
            self.feed,
            self._traces,
            self._learning,
            Escalation(self._chain, ledger, settings.routing.verification, self._verifiers),
            self._responses,
            salt=salt,
            max_body_bytes=largest,
        )
        self._socket = ResponsesSocket(self._endpoints.responses)
        self._router = router
        self._cold = self._fastapi(ledger)
        self._export = otel.export(settings.otel, self._told, self._readings, self._servers, self._classify)
        self._keeping = asyncio.ensure_future(self._keeper.run())
        self._learning.start()
        default = self.names.default_local
        if default and (not router.closed_available or settings.routing.local_families):
            # Requests will go there: have the model ready.
            self._preload = asyncio.ensure_future(_start(registry, default.model))

    async def stop(self) -> None:
        """Stop workers, close connections, write the last rows."""
        self.feed.close()
        if self._learning is not None:
            self._learning.stop()
        for task in (self._preload, self._keeping):
            if task is not None:
                task.cancel()
        if self._keeper is not None:
            self._keeper.flush()
        if self._registry is not None:
            await self._registry.close()
            await self._responses.flush()
        await self._otlp.close()
        if self._ledger is not None:
            await asyncio.to_thread(self._ledger.close)
        if self._export is not None:
            await asyncio.to_thread(self._export.close)

    @property
    def closed_available(self) -> bool:
        """Whether there is a closed side with its key."""
        return self._router.closed_available

    def status(self) -> dict[str, Any]:
        """Health in one object: the version, the ledger, the local engines, the upstreams' breakers."""
        assert self._ledger is not None
        assert self._registry is not None
        ledger = self._ledger
        return {
            "status": "ok" if ledger.healthy else "degraded",
            "version": __version__,
            "ledger": {
                "healthy": ledger.healthy,
                "written": ledger.written,
                "pending": ledger.pending,
                "lost": ledger.lost,
                "error": ledger.last_error,
            },
            "local": {
                name: {
                    "state": engine.state,
                    "queue": engine.queue_length,
                    "restarts": engine.restarts,
                    "error": engine.failure,
                }
                for name, engine in self._registry.local.engines.items()
            },
            "learning": self._learning.status() if self._learning else None,
            "upstreams": {name: breaker.state for name, breaker in self._chain.breakers.items() if name != "local"},
            "spans": self._export.status() if self._export else None,
        }

    def _window(self, model: str) -> int | None:
        """A local model's context window in tokens; None while it is not loaded."""
        assert self._registry is not None
        info = self._registry.local.engine(model).info
        return info.context_window if info else None

    def _on_batch(self, rows: Sequence[UsageRecord]) -> None:
        """On the ledger's thread."""
        traces = self._traces.take(rows)
        self._metrics.on_batch(rows, traces)
        if self._export is not None:
            self._export.on_batch(rows, traces)
        for listener in self._billed:
            listener(rows)

    def _readings(self) -> Iterator[Reading]:
        """On a thread of its own."""
        return self._metrics.readings(self.status())

    def _seconds(self, model: str, prompt_tokens: int, output_tokens: int) -> float | None:
        """How long a local answer would take, loading the model counted in; None while nobody knows."""
        assert self._registry is not None
        engine = self._registry.local.engine(model)
        predicted = engine.predicted_seconds(prompt_tokens, output_tokens)
        if engine.state == "ready":
            return predicted
        return (predicted or 0.0) + engine.path.stat().st_size / LOADED_A_SECOND if engine.path.exists() else None

    def _healthy(self, provider: str) -> bool:
        """Whether a provider's answers can be counted on."""
        if provider == PROVIDER and self.names.default_local is not None:
            assert self._registry is not None
            return self._registry.local.engine(self.names.default_local.model).state != "failed"
        return self._chain.breakers[provider].state != "open"

    def _learn(self, router: Router, registry: Registry, ledger: Ledger) -> Learning:
        """What learns from requests, and works in the background."""
        limits = self.configuration.settings.routing.shadow
        default = self.names.default_local
        teacher = Teacher(router.families, ledger)
        idle = Idle(limits, router.device, lambda: registry.local.engine(default.model).worker_pid if default else None)
        shadow = Shadow(registry.local, router.families, teacher, ledger, limits, idle)
        audits = Audits(self._chain, teacher, ledger, limits, lambda: router.budget.spending(None).state == "ok")
        self._billed.append(audits.learn)
        return Learning(router, teacher, Session(), shadow, audits)

    def _models(self) -> list[dict[str, Any]]:
        return model_list(self.names, self.catalogue, self._window)

    def _fastapi(self, ledger: Ledger) -> FastAPI:
        assert self._registry is not None
        cold = FastAPI(title="agent-router", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
        cold.include_router(response_endpoints(self._responses))
        limit = self.configuration.settings.server.max_body_bytes
        cold.include_router(token_endpoints(self._router, self._registry.upstreams, limit, self._responses))
        family, settings = family_finder(self.catalogue), partial(effective_settings, self.configuration)
        shown = pages(ledger.path, self.feed, self._classify, self.status, family, settings, self._gate.sign_in)
        self._gate.is_page = page_paths(shown)
        cold.include_router(shown)
        cold.include_router(model_endpoints(self._models, self.names.id_of))
        assert self._learning is not None
        keep_text = self.configuration.settings.routing.keep_text
        cold.include_router(feedback_endpoint(self._learning.teacher, ledger.path, keep_text=keep_text))
        cold.include_router(self._metrics.endpoint(self.status))
        cold.include_router(otlp_endpoint(self._otlp, limit))

        @cold.get("/openapi.json")
        async def openapi() -> Response:
            return JSONResponse(document())

        @cold.get("/api/hello")
        async def hello() -> Response:
            """What Claude Code asks first, to see that somebody is there."""
            return JSONResponse({"message": "hello"})

        @cold.get("/healthz")
        async def healthz() -> Response:
            # Degraded still answers: 200, so that nobody restarts a router over a full disk.
            return JSONResponse(self.status())

        @cold.exception_handler(HTTPException)
        async def refused(request: Request, error: HTTPException) -> Response:
            words = f"{request.method} {request.url.path[:200]}: {error.detail}."
            kind = "not_found_error" if error.status_code == 404 else "invalid_request_error"
            code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
            told = ApiError(error.status_code, words, kind=kind, code=code)
            return Response(
                _said(request, told), error.status_code, media_type="application/json", headers=error.headers
            )

        @cold.exception_handler(Exception)
        async def failed(request: Request, error: Exception) -> Response:
            # Where it happened and not its words, which may hold some of the request's.
            at = "".join(traceback.format_tb(error.__traceback__)).rstrip()
            log.error("A request failed inside the router: %s at\n%s", type(error).__name__, at)
            told = ApiError(500, "The router itself failed.", kind="server_error", code="internal_error")
            return Response(_said(request, told), 500, media_type="application/json")

        return cold


def _said(request: Request, error: ApiError) -> bytes:
    """The error in the dialect of the path."""
    errors = errors_at(request.url.path, dict(request.headers.raw), request.scope["query_string"])
    error.request_id = request.scope.get("request_id")
    return errors.error_body(error)


def _with_id(send: Send, name: bytes, id: str) -> Send:
    """The same, with a request id among the headers."""

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (name, id.encode())]
        await send(message)

    return sending


async def _start(registry: Registry, model: str) -> None:
    # A model that cannot be loaded says so to each request as well; nothing else depends on it.
    try:
        await registry.local.engine(model).start()
    except Exception as error:
        log.warning("local/%s cannot be loaded: %s", model, error)
