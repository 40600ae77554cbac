"""Speaks one dialect to one server: bodies and events of the same dialect pass through, others are translated."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping

import msgspec

from agent_models.completion import CompletionRequest, Event
from agent_router.settings import Timeouts
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.custom_calls import custom_calls
from agent_router.upstreams.error_body import TOO_LONG, code_of
from agent_router.upstreams.event_errors import event_fault
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.native_stream import NativeStream
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reader import Dialect, EmptyAnswerError, ErrorEventError
from agent_router.upstreams.reply import Observed, Reply, UpstreamFault
from agent_router.upstreams.statuses import fault
from agent_router.upstreams.stop_sequences import cut_at, told
from agent_router.upstreams.tool_names import given_names, plain_names
from agent_router.upstreams.translated_stream import TranslatedStream
from agent_router.wire.call import Call

EVENT_STREAM = b"text/event-stream; charset=utf-8"
# Wires whose callers understand an error body of the dialect.
_SAME_ERRORS = {"chat": {"chat", "responses", "completions"}, "responses": {"chat", "responses", "completions"}}
_FORGOTTEN = re.compile(rb"previous.response", re.IGNORECASE)
"""In a refusal: the upstream does not have the response that it was told to go on from, or takes none."""
_MOST_PATHS = 64  # of a dialect that has models' names in its paths
_object = msgspec.json.Decoder(dict)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Speaker:
    """`base` is the server's address, `key` what it demands, if anything. `fit` leaves of a request that is translated
    what this server takes."""

    def __init__(
        self,
        name: str,
        base: str,
        dialect: Dialect,
        key: Key,
        http: HttpClient,
        timeouts: Timeouts,
        fit: Callable[[CompletionRequest], CompletionRequest] | None = None,
    ) -> None:
        self.name = name
        self.dialect = dialect
        self._key = key
        self._fit = fit
        self._base, self._http, self._timeouts = base, http, timeouts
        self._connections: dict[str, Connection] = {}

    async def ask(self, call: Call, model: str, headers: Mapping[str, str], secret: str | None) -> Reply:
        """See `Upstream.open`. `secret` is the key in `headers`, which goes nowhere else."""
        whole = call.native_whole if call.wire == self.dialect.name else None
        if whole is None:
            return await self._ask(call, model, headers, secret)
        body = call.body_for(self.name)
        if b'"previous_response_id"' not in body:
            return await self._ask(call, model, headers, secret, body)
        try:
            reply = await self._ask(call, model, headers, secret, body)
            refusal = reply.body if reply.status >= 400 else b""
        except UpstreamFault as fault:
            refusal = fault.body or fault.message.encode()
            if not _FORGOTTEN.search(refusal):
                raise
        if not _FORGOTTEN.search(refusal or b""):
            return reply
        return await self._ask(call, model, headers, secret, whole(self.name))

    async def _ask(
        self, call: Call, model: str, headers: Mapping[str, str], secret: str | None, body: bytes | None = None
    ) -> Reply:
        """`body` is what is sent, where it is not what the call is for this provider."""
        native = call.wire == self.dialect.name
        if native:
            body = call.body_for(self.name) if body is None else body
            if call.named_in_body and call.model != model:
                body = named(body, model)
        else:
            request = call.completion if self._fit is None else self._fit(call.completion)
            body = msgspec.json.encode(self.dialect.body(plain_names(request), model, call.stream))
        connection = self._to(model, call.query if native else "", stream=call.stream)
        async with connection.answer(body, headers) as pieces:
            if pieces.response.status >= 300:
                return await self._refusal(connection, pieces, call, secret)
            passed = passed_headers(pieces.response, secret)
            if not call.stream:
                whole = await pieces.whole()
                if native:
                    return Reply(headers=passed, observed=self._observe(whole, secret), body=whole)
                return self._read_whole(whole, call, passed, secret)
            if native:
                return await self._native(pieces, call, secret, passed)
            stream = TranslatedStream(self.name, pieces, self.dialect.reader(), secret)
            plain = await stream.begin()
            if plain is not None:
                return self._read_whole(plain, call, passed, secret)
            pieces.watch_idle()
            events = self._as_asked(stream.relay(), call)
            return Reply(
                headers=passed,
                observed=stream.observed,
                events=events,
                source=pieces,
                at_hand=lambda: stream.at_hand,
            )

    async def _native(self, pieces: Pieces, call: Call, secret: str | None, passed: list[tuple[bytes, bytes]]) -> Reply:
        stream = NativeStream(self.name, pieces, self.dialect.observer(), secret, names=self.dialect.names_events)
        plain = await stream.begin()
        if plain is None:
            pieces.watch_idle()
            return Reply(
                200, EVENT_STREAM, passed, stream.observed, chunks=stream.relay(), source=pieces, broken=stream.broken
            )
        observed = self._observe(plain, secret)
        if self.dialect.as_stream is None:
            return self._read_whole(plain, call, passed, secret)
        as_stream = self.dialect.as_stream(sloppy_json.decode(_object, plain), call.include_usage)
        return Reply(200, EVENT_STREAM, passed, observed, chunks=_once(as_stream))

    def _observe(self, body: bytes, secret: str | None) -> Observed:
        """What a whole answer says that passes by; UpstreamFault if it is none."""
        try:
            return self.dialect.observe(body)
        except ErrorEventError as error:
            raise event_fault(self.name, error, key=secret) from None
        except EmptyAnswerError:
            raise UpstreamFault("empty", f"Upstream {self.name} sent an answer without a message.") from None
        except msgspec.DecodeError as error:
            raise self._no_answer(body, error) from None

    def _read_whole(self, body: bytes, call: Call, passed: list[tuple[bytes, bytes]], secret: str | None) -> Reply:
        reader = self.dialect.reader()
        try:
            events = list(reader.read_whole(body))
        except ErrorEventError as error:
            raise event_fault(self.name, error, key=secret) from None
        except msgspec.DecodeError as error:
            raise self._no_answer(body, error) from None
        usage = reader.usage
        if usage is not None:
            events.append(usage)
        asked = self._as_asked(_listed(events), call)
        return Reply(headers=passed, observed=Observed(reader.model, usage), events=asked)

    def _as_asked(self, events: AsyncGenerator[Event, None], call: Call) -> AsyncGenerator[Event, None]:
        """The answer with what was asked for and the dialect could not say."""
        request = call.completion
        if call.wire != self.dialect.name and not self.dialect.takes_stops(request.stop):
            events = cut_at(events, request.stop)
        elif request.stop and not self.dialect.tells_stop:
            events = told(events, request.stop)
        if self.dialect.answered is not None:
            events = self.dialect.answered(events, request)
        return custom_calls(given_names(events, request), request)

    def _no_answer(self, body: bytes, error: msgspec.DecodeError) -> UpstreamFault:
        if not body.strip():
            return UpstreamFault("empty", f"Upstream {self.name} sent an empty answer.")
        return UpstreamFault("garbled", f"Upstream {self.name} sent an answer that is {_known(str(error))}.")

    def _to(self, model: str, query: str, *, stream: bool) -> Connection:
        path = self.dialect.path if isinstance(self.dialect.path, str) else self.dialect.path(model, stream)
        path = f"{path}?{query}" if query else path
        found = self._connections.get(path)
        if found is None:
            if len(self._connections) >= _MOST_PATHS:
                self._connections.clear()
            found = Connection(self.name, self._base + path, self._http, self._timeouts)
            self._connections[path] = found
        return found

    async def _refusal(self, connection: Connection, pieces: Pieces, call: Call, secret: str | None) -> Reply:
        response = pieces.response
        body = await connection.refusal(pieces)
        wait = retry_after(response)
        problem = fault(self.name, response.status, body, key=secret, retry_after=wait, key_source=self._key.source)
        if call.wire not in _SAME_ERRORS.get(self.dialect.name, {self.dialect.name}):
            problem.body = None  # its shape is not the caller's
        elif call.wire != self.dialect.name and problem.code == TOO_LONG and code_of(body) != TOO_LONG:
            problem.body = None  # the caller knows it by the code, which the upstream has no word for
        if problem.status == 429 and self.dialect.name == "gemini" and b'"details"' not in body:
            problem.body = None  # says less to its clients than ours
        if problem.kind != "rejected" or problem.body is None:
            raise problem
        observed = Observed(error=f"upstream_{response.status}")
        return Reply(response.status, headers=passed_headers(response, secret), observed=observed, body=problem.body)


def _known(said: str) -> str:
    """A reader's own words for what an answer is not; never the answer's."""
    return said if said.startswith("no ") and len(said) < 40 else "no JSON"


def named(raw: bytes, model: str) -> bytes:
    """The body with `model` in it: only that field is replaced."""
    fields = _fields(raw)
    fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    return msgspec.json.encode(fields)


async def _once(events: bytes) -> AsyncGenerator[bytes, None]:
    yield events


async def _listed(events: Iterable[Event]) -> AsyncGenerator[Event, None]:
    for event in events:
        yield event
