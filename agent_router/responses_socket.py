"""`/v1/responses` over a WebSocket: a client asks turn after turn on one connection, and is told the same events.

Source: the Open Responses specification, "WebSocket transport", and OpenAI's guide, "WebSocket mode".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from agent_router.errors import ApiError
from agent_router.exchange import Exchange
from agent_router.request_body import Receive, Send
from agent_router.responses_endpoint import ResponsesEndpoint
from agent_router.sender import Sender
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.event_errors import error_in, status_of
from agent_router.wire.loose import mapping, string
from agent_router.wire.responses.response import response_object
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire

log = logging.getLogger("agent_router")

SECONDS = 3600.0
"""For which a connection may live."""
_WAITING = 16  # turns that a client may send ahead
_NOT_SENT = ("type", "stream", "stream_options", "background", "generate", "stream_id")

_ERROR = re.compile(rb'"type"\s*:\s*"error"')
_fields = msgspec.json.Decoder(dict[str, Any])


class SocketSender(Sender):
    """Sends an answer's events as messages."""

    async def begin(self, status: int, content_type: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Nothing is sent: a message has no headers."""
        self._exchange.first_byte = self._exchange.milliseconds()
        self.streaming = True

    async def more(self, chunk: bytes) -> None:
        """Whole events, a message each."""
        for data in data_of(chunk):
            if not data.startswith(b"{"):  # `[DONE]`
                continue
            if _ERROR.search(data) and (error := _error_event(data)) is not None:
                await self._error(*error)
            else:
                await self._send({"type": "websocket.send", "text": data.decode("utf-8", "replace")})

    async def end(self) -> None:
        """The end of a turn; the connection stays."""
        self._exchange.ended = True

    async def whole(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """An upstream's own refusal. Any other answer is one of events."""
        error = mapping(mapping(msgspec.json.decode(body)).get("error"))
        self._exchange.ended = True
        await self._error(status, error)

    async def fail(self, error: ApiError, body: bytes | None = None) -> None:
        """An error: the turn's whole answer if nothing was sent, else the event that ends it."""
        if self._exchange.ended:
            return
        with contextlib.suppress(OSError, RuntimeError):  # the client may be gone
            if self.streaming:
                await self.more(self.broken(error))
                await self.end()
            else:
                await self._error(error.status, _told(error))

    async def _error(self, status: int, error: dict[str, Any]) -> None:
        code = string(error.get("code")) or string(error.get("type")) or "error"
        told = {"type": "error", "status": status, "error": {"message": "", **error, "code": code}}
        await self._send({"type": "websocket.send", "text": msgspec.json.encode(told).decode()})


def _error_event(data: bytes) -> tuple[int, dict[str, Any]] | None:
    """The status and the error of an upstream's `error` event; None for any other event."""
    try:
        event = sloppy_json.decode(_fields, data)
    except msgspec.DecodeError:
        return None
    if event.get("type") != "error":
        return None
    found = error_in(event.get("error"), code=event.get("code"), message=event.get("message"))
    status = status_of(found) or 500
    inside = mapping(event.get("error"))
    kind = string(inside.get("type")) or ("invalid_request_error" if status < 429 else "server_error")
    param = inside.get("param", event.get("param"))
    return status, {"type": kind, "code": found.words[0], "message": found.message, "param": param}


def _told(error: ApiError) -> dict[str, Any]:
    return {"type": error.kind, "code": error.code or error.kind, "message": error.message, "param": error.param}


class ResponsesSocket:
    """Serves connections. What is not to be stored is known to its own connection only, and gone with it."""

    def __init__(self, endpoint: ResponsesEndpoint, seconds: float = SECONDS) -> None:
        self._endpoint = endpoint
        self._seconds = seconds

    async def __call__(self, headers: Mapping[bytes, bytes], path: str, receive: Receive, send: Send) -> None:
        """Serve one connection, from its opening on."""
        await receive()
        await send({"type": "websocket.accept"})
        turns: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        leaving: set[Callable[[], None]] = set()
        reading = asyncio.ensure_future(self._receive(receive, turns, leaving))
        connection = ResponseStore(before=self._endpoint.responses.store)
        endpoint = self._endpoint.over(ResponsesWire(self._endpoint.responses.store, connection))
        try:
            async with asyncio.timeout(self._seconds) as limit:
                while (raw := await turns.get()) is not None:
                    await self._turn(endpoint, connection, headers, path, raw, send, leaving)
        except TimeoutError:
            if not limit.expired():
                raise
            error = ApiError(
                400, "This connection has lived for an hour; open another.", code="websocket_connection_limit_reached"
            )
            await SocketSender(Exchange("responses"), send, endpoint.responses).fail(error)
            with contextlib.suppress(RuntimeError):
                await send({"type": "websocket.close", "code": 1000})
        finally:
            reading.cancel()

    async def _receive(
        self, receive: Receive, turns: asyncio.Queue[bytes | None], leaving: set[Callable[[], None]]
    ) -> None:
        """Take what the client sends; when it leaves, stop the turn that runs."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                for leave in tuple(leaving):
                    leave()
                while not turns.empty():
                    turns.get_nowait()
                await turns.put(None)
                return
            text = message.get("text")
            await turns.put(text.encode() if text is not None else message.get("bytes") or b"")

    async def _turn(
        self,
        endpoint: ResponsesEndpoint,
        connection: ResponseStore,
        headers: Mapping[bytes, bytes],
        path: str,
        raw: bytes,
        send: Send,
        leaving: set[Callable[[], None]],
    ) -> None:
        exchange = Exchange("responses")
        answer = SocketSender(exchange, send, endpoint.responses)
        try:
            fields = _create(raw, endpoint.max_body_bytes)
        except ApiError as error:
            await answer.fail(error)
            return
        generate = fields.get("generate")
        body = {name: value for name, value in fields.items() if name not in _NOT_SENT}
        told = msgspec.json.encode({**body, "stream": True})

        async def read() -> bytes:
            return told

        if generate is False:
            await self._warm(endpoint, headers, path, told, exchange, answer)
        else:
            await endpoint.serve(exchange, read, headers, path, answer, leaving)
        previous = body.get("previous_response_id")
        if exchange.status != "ok" and isinstance(previous, str):
            connection.delete_here(previous)  # a turn that failed leaves nothing to go on from

    async def _warm(
        self,
        endpoint: ResponsesEndpoint,
        headers: Mapping[bytes, bytes],
        path: str,
        raw: bytes,
        exchange: Exchange,
        answer: SocketSender,
    ) -> None:
        """A turn of which no answer is wanted: its input is kept, to be gone on from."""
        try:
            call = endpoint.warm(raw, headers, path)
        except ApiError as error:
            exchange.status = "error"
            await answer.fail(error)
            return
        except Exception:  # which must not end the connection
            log.exception("A request failed inside the router.")
            exchange.status = "error"
            await answer.fail(ApiError(500, "The router itself failed.", kind="server_error", code="internal_error"))
            return
        body = call.body.body
        created = int(exchange.time.timestamp())
        response = response_object(body, f"resp_ar{exchange.id}", call.model, created)
        stream = [("response.created", {**response}), ("response.in_progress", {**response})]
        response |= {"status": "completed", "completed_at": created}
        stream.append(("response.completed", response))
        endpoint.responses.keep(call, msgspec.json.encode(response), None, private=call.private)
        for number, (kind, said) in enumerate(stream):
            event = {"type": kind, "sequence_number": number, "response": said}
            await answer.more(b"data: " + msgspec.json.encode(event) + b"\n\n")


def _create(raw: bytes, limit: int) -> dict[str, Any]:
    """The fields of a `response.create` message."""
    if len(raw) > limit:
        raise ApiError(413, f"The message is larger than {limit / 1024 / 1024:g} MiB.", code="request_too_large")
    try:
        fields = _fields.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise ApiError(400, "A message must be a JSON object.", code="invalid_json") from None
    if fields.get("type") != "response.create":
        said = f"Messages of type {str(fields.get('type'))[:40]!r} are not understood; send 'response.create'."
        raise ApiError(400, said, code="invalid_event_type", param="type")
    return fields
