"""What the endpoints of all wires do alike: read, decide, ask, answer, record. Plain ASGI: the hot path."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Generic, TypeVar

from agent_router.errors import ApiError
from agent_router.exchange import Exchange
from agent_router.http_protocol import Leaving
from agent_router.request_body import ClientLeftError, Receive, Send, read_body
from agent_router.routing.decision import Decision, Target
from agent_router.routing.router import Router
from agent_router.routing.task import Task
from agent_router.sender import Sender
from agent_router.upstreams.chain import Attempted, Chain, ChainError
from agent_router.upstreams.reply import EmbeddingCall, FaultKind, Reply, StreamCutError
from agent_router.wire.call import Call
from agent_router.wire.wire import Errors
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed
from agent_telemetry.trace import Traces

log = logging.getLogger("agent_router")

CallT = TypeVar("CallT", Call, EmbeddingCall)
# What a caller says to the upstream in headers; everything else stays here, its Authorization above all.
_FORWARDED = frozenset(
    b"traceparent tracestate openai-organization openai-project openai-beta http-referer x-title idempotency-key "
    b"anthropic-beta anthropic-version".split()
)


class Endpoint(ABC, Generic[CallT]):
    """The endpoint of one wire, whose `name` is the ledger's and whose `errors` are the dialect's. `salt` is the
    installation's."""

    def __init__(
        self,
        name: str,
        errors: Errors,
        router: Router,
        chain: Chain,
        ledger: Ledger,
        feed: LiveFeed,
        traces: Traces,
        *,
        salt: bytes,
        max_body_bytes: int,
    ) -> None:
        self._name = name
        self._errors = errors
        self._router = router
        self._chain = chain
        self._ledger = ledger
        self._feed = feed
        self._traces = traces
        self._salt = salt
        self._max_body_bytes = max_body_bytes

    async def __call__(
        self, headers: Mapping[bytes, bytes], receive: Receive, send: Send, leaving: Leaving, path: str = ""
    ) -> None:
        """Serve one request. Never raises: a cancellation, because the client left or the server ends, ends here."""
        exchange = Exchange(self._name)
        answer = Sender(exchange, send, self._errors)

        async def body() -> bytes:
            return await read_body(receive, headers, self._max_body_bytes)

        await self.serve(exchange, body, headers, path, answer, leaving)

    async def serve(
        self,
        exchange: Exchange,
        body: Callable[[], Awaitable[bytes]],
        headers: Mapping[bytes, bytes],
        path: str,
        answer: Sender,
        leaving: Leaving,
    ) -> None:
        """Serve the request that `body` reads. Never raises."""
        serving = asyncio.current_task()
        assert serving is not None
        left = False

        def leave() -> None:
            nonlocal left
            if not exchange.ended:
                left = True
                serving.cancel()

        try:
            raw = await body()
            leaving.add(leave)
            await self._serve(exchange, raw, headers, path, answer)
        except ClientLeftError:
            return
        except asyncio.CancelledError:
            if left and exchange.observed is not None and exchange.observed.done:
                return  # it has its whole answer; many clients close behind `[DONE]`
            exchange.status, exchange.error = "cancelled", "client_left"
            exchange.http_status = 200 if answer.streaming else 499  # nginx's number for it
            if not left:  # the server ends, not the client
                exchange.error = "shutdown"
                exchange.status, exchange.http_status = ("cut", 200) if answer.streaming else ("error", 503)
                ending = ApiError(
                    503, "The router is shutting down.", kind="server_error", code="shutdown", retry_after=5
                )
                await answer.fail(ending)
        except ApiError as error:
            exchange.status, exchange.error, exchange.http_status = "error", error.code, error.status
            await answer.fail(error)
        except Exception:
            log.exception("A request failed inside the router.")
            exchange.status, exchange.error, exchange.http_status = "error", "internal", 500
            await answer.fail(ApiError(500, "The router itself failed.", kind="server_error", code="internal_error"))
        finally:
            exchange.ended = True
            leaving.discard(leave)
            if exchange.task is not None:
                row = exchange.record()
                self._traces.end(row.key, exchange.trace)
                self._ledger.record(row)
                self._feed.finished(row)

    async def _serve(
        self, exchange: Exchange, raw: bytes, headers: Mapping[bytes, bytes], path: str, answer: Sender
    ) -> None:
        call, exchange.task = self._read(raw, headers, path)
        call.headers = {name.decode(): headers[name].decode("latin-1") for name in _FORWARDED & headers.keys()}
        call.trace = self._traces.begin(exchange.trace, call.headers)
        decision = exchange.decision = self._decide(exchange, call, raw)
        self._send_to(exchange, decision.targets[0])
        with self._prepared(exchange):
            try:
                attempted = await self._open(exchange, call)
            except ChainError as failure:
                exchange.faults = failure.faults[:-1]
                self._aim(exchange, failure.faults[-1][0])
                exchange.status, exchange.error = "error", failure.error.code
                exchange.http_status = failure.error.status
                await self._refuse(exchange, call, failure, answer)
                return
            reply = attempted.reply
            exchange.observed = reply.observed
            if attempted.target != exchange.target:
                self._send_to(exchange, attempted.target)
            exchange.faults = attempted.faults
            try:
                await self._answer(exchange, call, reply, answer)
            except StreamCutError as cut:
                exchange.status, exchange.error = "cut", cut.code
                if cut.status != 400:  # the request is not at fault
                    self._chain.cut(call, attempted.target, str(cut))
                kind = {400: "invalid_request_error", 429: "rate_limit_error"}.get(cut.status, "upstream_error")
                await answer.fail(ApiError(cut.status, str(cut), kind=kind, code=cut.told))
            finally:
                await reply.close()
            if exchange.status == "ok":
                self._chain.ended(call, attempted.target)
                self._answered(exchange, call)

    def _aim(self, exchange: Exchange, target: Target) -> None:
        """What the row says of a request that ends now."""
        exchange.target, exchange.place = target, self._chain.upstreams[target.provider].place

    def _send_to(self, exchange: Exchange, target: Target, faults: Sequence[tuple[Target, FaultKind]] = ()) -> None:
        """It is there now, after these faults: whoever watches is told."""
        self._aim(exchange, target)
        exchange.faults = list(faults)
        self._feed.started(exchange.running())

    async def _answer(self, exchange: Exchange, call: CallT, reply: Reply, answer: Sender) -> None:
        capture = exchange.capture
        if reply.body is not None:
            if reply.status >= 400 or reply.observed.error is not None:
                exchange.status, exchange.http_status = "error", reply.status
            elif reply.observed.error is not None:  # passed on as it came, but it says that it failed
                exchange.status = "error"
            if capture is not None:
                capture.body(reply.body)
            if reply.status < 400:
                self._complete(exchange, call, reply, reply.body)
            await answer.whole(reply.status, reply.body, reply.headers)
        elif reply.chunks is not None:
            if reply.broken is not None:
                answer.broken = self._breaking(exchange, call, reply, reply.broken)
            await answer.begin(200, reply.content_type, reply.headers)
            async for chunk in reply.chunks:
                if capture is not None:
                    capture.chunk(chunk)
                if (final := reply.observed.final) is not None:
                    reply.observed.final = None
                    self._complete(exchange, call, reply, final)
                await answer.more(chunk)
            if reply.observed.error is not None:  # the upstream's own error event ended it
                exchange.status = "cut"
                assert exchange.target is not None
                self._chain.cut(call, exchange.target, f"Upstream {exchange.target.provider} broke off its answer.")
            await answer.end()
        else:
            await self._render(exchange, call, reply, answer)

    def _breaking(
        self, exchange: Exchange, call: CallT, reply: Reply, tell: Callable[[ApiError], bytes]
    ) -> Callable[[ApiError], bytes]:
        """What tells the caller that the answer broke, which is then as whole as it will be."""

        def broken(error: ApiError) -> bytes:
            told = tell(error)
            if (final := reply.observed.final) is not None:
                reply.observed.final = None
                self._complete(exchange, call, reply, final)
            return told

        return broken

    async def _refuse(self, exchange: Exchange, call: CallT, failure: ChainError, answer: Sender) -> None:
        """Tell the caller that nothing answers."""
        await answer.fail(failure.error, failure.body)

    @abstractmethod
    def _read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str) -> tuple[CallT, Task]:
        """The request and its task. ApiError for a bad body."""

    @abstractmethod
    def _decide(self, exchange: Exchange, call: CallT, raw: bytes) -> Decision:
        """Where the request goes, whose task is in the exchange. ApiError where it can go nowhere."""

    @abstractmethod
    async def _render(self, exchange: Exchange, call: CallT, reply: Reply, answer: Sender) -> None:
        """Send an answer that is in no dialect yet in this wire's own."""

    async def _open(self, exchange: Exchange, call: CallT) -> Attempted:
        """The answer that is to be released. ChainError if there is none."""
        assert exchange.decision is not None
        return await self._chain.open(call, exchange.decision.targets, partial(self._send_to, exchange))

    def _prepared(self, exchange: Exchange) -> AbstractContextManager[None]:
        """Holds while the request is being answered."""
        return contextlib.nullcontext()

    def _complete(self, exchange: Exchange, call: CallT, reply: Reply, body: bytes) -> None:
        """The answer is whole, and about to be sent: as JSON in the caller's dialect, where that is known."""

    def _answered(self, exchange: Exchange, call: CallT) -> None:
        """The caller has its whole answer."""
