"""`POST /v1/chat/completions`, as one plain ASGI callable: the hot path."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from agent_router.errors import ApiError
from agent_router.exchange import Exchange
from agent_router.http_protocol import Leaving
from agent_router.request_body import ClientLeftError, Receive, Send, read_body
from agent_router.routing.decision import Target
from agent_router.routing.router import Router
from agent_router.routing.task import task
from agent_router.upstreams.chain import Chain, ChainError
from agent_router.upstreams.reply import Call, Reply, StreamCutError
from agent_router.wire.chat.body import read
from agent_router.wire.chat.render import Answer, error_body
from agent_router.wire.chat.stream import CONTENT_TYPE, ChunkStream, error_event
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed

log = logging.getLogger("agent_router")

JSON = b"application/json"
# What a caller says to the upstream in headers; everything else stays here, its Authorization above all.
_FORWARDED = frozenset(
    b"traceparent tracestate openai-organization openai-project openai-beta http-referer x-title idempotency-key "
    b"anthropic-beta".split()
)


class ChatEndpoint:
    """Reads, decides, asks, answers, records. `salt` is the installation's."""

    def __init__(
        self, router: Router, chain: Chain, ledger: Ledger, feed: LiveFeed, *, salt: bytes, max_body_bytes: int
    ) -> None:
        self._router = router
        self._chain = chain
        self._ledger = ledger
        self._feed = feed
        self._salt = salt
        self._max_body_bytes = max_body_bytes

    async def __call__(self, headers: Mapping[bytes, bytes], receive: Receive, send: Send, leaving: Leaving) -> None:
        """Serve one request. Never raises: a cancellation, because the client left or the server ends, ends here."""
        exchange = Exchange()
        answer = _Sender(exchange, send)
        serving = asyncio.current_task()
        assert serving is not None
        left = False

        def leave() -> None:
            nonlocal left
            if not exchange.ended:
                left = True
                serving.cancel()

        try:
            if headers.get(b"content-encoding", b"identity").lower() != b"identity":
                raise ApiError(
                    415, "Compressed request bodies are not read; send it plain.", code="unsupported_encoding"
                )
            raw = await read_body(receive, headers, self._max_body_bytes)
            leaving.add(leave)
            await self._serve(exchange, raw, headers, answer)
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
                self._ledger.record(row)
                self._feed.finished(row)

    async def _serve(self, exchange: Exchange, raw: bytes, headers: Mapping[bytes, bytes], answer: _Sender) -> None:
        body = read(raw)
        exchange.task = task(raw, body, headers, self._salt)
        exchange.decision = self._router.decide(exchange.task, raw)
        self._aim(exchange, exchange.decision.targets[0])
        self._feed.started(exchange.id, exchange.task.agent, exchange.task.requested_model, exchange.time)
        passed = {name.decode(): headers[name].decode("latin-1") for name in _FORWARDED & headers.keys()}
        call = Call(raw, body, passed, exchange.task.session or exchange.task.agent or "")
        try:
            attempted = await self._chain.open(call, exchange.decision.targets)
        except ChainError as failure:
            exchange.faults = failure.faults[:-1]
            self._aim(exchange, failure.faults[-1][0])
            exchange.status, exchange.error = "error", failure.error.code
            exchange.http_status = failure.error.status
            await answer.fail(failure.error, failure.body)
            return
        reply = attempted.reply
        exchange.faults, exchange.observed = attempted.faults, reply.observed
        self._aim(exchange, attempted.target)
        try:
            await self._answer(exchange, call, reply, answer)
        except StreamCutError as cut:
            exchange.status, exchange.error = "cut", cut.code
            await answer.fail(ApiError(502, str(cut), kind="upstream_error", code=cut.code))
        finally:
            await reply.close()
            if attempted.target.route == "closed" and exchange.status == "ok":
                self._router.learn_closed_seconds(exchange.milliseconds() / 1000)

    def _aim(self, exchange: Exchange, target: Target) -> None:
        """What the row says of a request that ends now."""
        exchange.target, exchange.place = target, self._chain.upstreams[target.provider].place

    async def _answer(self, exchange: Exchange, call: Call, reply: Reply, answer: _Sender) -> None:
        if reply.body is not None:
            if reply.status >= 400:
                exchange.status, exchange.http_status = "error", reply.status
            await answer.whole(reply.status, reply.body, reply.headers)
        elif reply.chunks is not None:
            await answer.begin(200, reply.content_type, reply.headers)
            async for chunk in reply.chunks:
                await answer.more(chunk)
            if reply.observed.error is not None:  # the upstream's own error event ended it
                exchange.status = "cut"
            await answer.end()
        elif reply.events is not None:
            await self._render(exchange, call, reply, answer)

    async def _render(self, exchange: Exchange, call: Call, reply: Reply, answer: _Sender) -> None:
        """An answer in events, in the caller's dialect."""
        assert reply.events is not None
        assert exchange.target is not None
        id, created = f"chatcmpl-ar{exchange.id}", int(exchange.time.timestamp())
        model = reply.observed.model or exchange.target.model
        if not call.stream:
            collected = Answer(id, model, created)
            async for event in reply.events:
                collected.add(event)
            await answer.whole(200, collected.body(), reply.headers)
            return
        options = call.body.stream_options
        chunks = ChunkStream(id, model, created, include_usage=bool(options and options.include_usage))
        await answer.begin(200, CONTENT_TYPE, reply.headers)
        async for event in reply.events:
            rendered = chunks.add(event)
            if rendered:
                await answer.more(rendered)
        await answer.more(chunks.end())
        await answer.end()


class _Sender:
    """Sends one answer, and knows whether it has begun."""

    def __init__(self, exchange: Exchange, send: Send) -> None:
        self._exchange = exchange
        self._send = send
        self.streaming = False

    async def begin(self, status: int, content_type: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Status and headers of a stream."""
        self._exchange.first_byte = self._exchange.milliseconds()
        head = [(b"content-type", content_type), (b"cache-control", b"no-cache"), *headers, *self._exchange.headers()]
        self.streaming = True
        await self._send({"type": "http.response.start", "status": status, "headers": head})

    async def more(self, chunk: bytes) -> None:
        """A piece of a stream: whole events."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self) -> None:
        """The end of a stream."""
        self._exchange.ended = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def whole(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """An answer in one piece."""
        self._exchange.first_byte = self._exchange.milliseconds()
        self._exchange.ended = True
        head: list[Any] = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
        head += headers
        head += self._exchange.headers()
        await self._send({"type": "http.response.start", "status": status, "headers": head})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def fail(self, error: ApiError, body: bytes | None = None) -> None:
        """An error: the whole answer if nothing was sent, else the event that ends the stream."""
        if self._exchange.ended:
            return
        # The client may be gone; there is nobody to tell then.
        with contextlib.suppress(OSError):
            if self.streaming:
                await self.more(error_event(error))
                await self.end()
            else:
                retry = (
                    []
                    if error.retry_after is None
                    else [(b"retry-after", str(int(error.retry_after + 0.999)).encode())]
                )
                await self.whole(error.status, body or error_body(error), retry)
