"""Any server that speaks OpenAI's dialects: chat completions, and where it has them responses, completions, embeddings.

Which of them a server has besides chat is found out when it is asked: what it does not have it answers with a 404.
Which of them a model has it says itself: it refuses, and names the endpoint that is to be asked instead.
That is believed for ten minutes, so that a server that was updated, or was misunderstood, is asked again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from agent_router.errors import ApiError
from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.chat.dialect import CHAT
from agent_router.upstreams.chat.servers import for_openai, for_others
from agent_router.upstreams.completions.dialect import COMPLETIONS
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.embedding_list import read_list
from agent_router.upstreams.gemini.signatures import Signatures
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.openai_hosts import is_openais, serves_openais
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reader import Dialect
from agent_router.upstreams.reply import EmbeddingCall, Observed, Reply, UpstreamFault
from agent_router.upstreams.responses import servers
from agent_router.upstreams.responses.dialect import RESPONSES
from agent_router.upstreams.speaker import Speaker, named
from agent_router.upstreams.statuses import fault
from agent_router.wire.call import Call
from agent_router.wire.loose import mapping, string

_DIALECTS = {dialect.name: dialect for dialect in (CHAT, RESPONSES, COMPLETIONS)}
# The dialects into which a caller's is put, the best first; its own before all.
_ORDER = {
    "chat": ("chat", "responses"),
    "responses": ("responses", "chat"),
    "completions": ("completions", "chat", "responses"),
}
_ABSENT_SECONDS = 600.0
# What a 404 is about that is not about the endpoint.
_THING = re.compile(r"\b(?:model|item|response|conversation|prompt|container|vector store|deployment)\b", re.IGNORECASE)
_TRANSLATED = ("chat", "responses")
# OpenAI's newest models call tools and think only there; other servers' responses are the younger and weaker half.
_TRANSLATED_AT_OPENAI = ("responses", "chat")
# What a refusal names that sends the request to another endpoint of the server's.
_INSTEAD = {"chat": b"v1/responses", "responses": b"v1/chat/completions", "completions": b"v1/chat/completions"}
_MOST_MOVED = 256


class OpenAIUpstream:
    """One configured server."""

    def __init__(
        self,
        name: str,
        settings: Upstream,
        key: Key,
        http: HttpClient,
        timeouts: Timeouts,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        base = settings.address + ("/openai" if settings.kind == "gemini" else "")
        self._key = key
        self._speakers = {
            dialect.name: Speaker(name, base, dialect, key, http, timeouts) for dialect in _DIALECTS.values()
        }
        self._speakers["chat"] = Speaker(
            name,
            base,
            _googles() if settings.kind == "gemini" or _is_googles(base) else CHAT,
            key,
            http,
            timeouts,
            for_openai if serves_openais(base) else for_others,
        )
        if serves_openais(base):
            self._speakers["responses"] = Speaker(name, base, RESPONSES, key, http, timeouts, servers.for_openai)
        self._embeddings = Connection(name, base + "/embeddings", http, timeouts)
        self._speaks: dict[str, bool | None] = dict.fromkeys(_DIALECTS)  # None: not known yet
        self._is_openais = is_openais(base)
        self._moved: dict[tuple[str, str], str] = {}  # (wire, model): the dialect that a refusal has named
        self._absent_until: dict[str, float] = {}
        self._now = now
        if settings.api != "auto":
            self._speaks |= {"chat": settings.api == "chat", "responses": settings.api == "responses"}
        elif self._is_openais:
            self._speaks = dict.fromkeys(_DIALECTS, True)
        elif settings.kind == "gemini":
            self._speaks |= {"chat": True, "responses": False, "completions": False}

    async def close(self) -> None:
        """The client is shared; its owner closes it."""

    def speaks(self, dialect: str) -> bool:
        """Whether it is known to have this dialect."""
        return bool(self._speaks[dialect])

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        headers, secret = self._headers(call)
        order = self._order(call.wire, model)
        refused: Reply | UpstreamFault | None = None  # by a dialect that is there, but not for this
        absent: list[str] = []
        for position, name in enumerate(order):
            last = position == len(order) - 1
            try:
                reply = await self._speakers[name].ask(call, model, headers, secret)
            except UpstreamFault as failed:
                # What knows only chat may answer with a chat completion whatever it is asked.
                garbled = failed.kind == "garbled" and name != "chat" and not self._speaks[name]
                said = failed.body or failed.message.encode()
                if last or not (garbled or self._sends_on(name, call.wire, model, failed.status, said)):
                    raise
                left: Reply | UpstreamFault = failed
            except ApiError:
                if not last:
                    continue
                if isinstance(refused, UpstreamFault):
                    raise refused from None
                if refused is not None:
                    return refused
                raise
            else:
                if last or not self._sends_on(name, call.wire, model, reply.status, reply.body or b""):
                    if reply.status < 400:
                        self._learn(name, absent)
                    return reply
                await reply.close()
                left = reply
            if self._speaks[name]:
                refused = left
            else:
                absent.append(name)
        raise UpstreamFault("unsupported", f"Upstream {self.name} has no dialect for this request.", status=400)

    def _order(self, wire: str, model: str) -> list[str]:
        """The dialects to be tried, the best first."""
        names = _ORDER.get(wire) or (_TRANSLATED_AT_OPENAI if self._is_openais else _TRANSLATED)
        if (moved := self._moved.get((wire, model))) is not None:
            names = (moved, *(name for name in names if name != moved))
        return [name for name in names if self._may_speak(name)]

    def _may_speak(self, name: str) -> bool:
        if name in self._absent_until and self._now() >= self._absent_until[name]:
            del self._absent_until[name]
            self._speaks[name] = None
        return self._speaks[name] is not False

    def _sends_on(self, name: str, wire: str, model: str, status: int, said: bytes) -> bool:
        """Whether a refusal says that another dialect is to be spoken; what it teaches is remembered."""
        if not self._speaks[name] and _is_absent(status, said):
            return True
        instead = _INSTEAD[name]
        if status not in (400, 404) or instead not in said:
            return False
        self._speaks[name] = True  # it is there, but not for this
        # A 400 may be due to what else the request asks for: a caller of the same dialect gets its own the next time.
        if status == 404 or wire != name:
            if len(self._moved) >= _MOST_MOVED:
                self._moved.clear()
            self._moved[wire, model] = "responses" if instead == b"v1/responses" else "chat"
        return True

    def _learn(self, name: str, absent: list[str]) -> None:
        """The dialect answered; those that were tried before it are not there."""
        self._speaks[name] = True
        for other in absent:
            if self._speaks[other] is None:
                self._speaks[other] = False
                self._absent_until[other] = self._now() + _ABSENT_SECONDS

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """See `Upstream`."""
        headers, secret = self._headers(call)
        raw = call.raw if call.body.model == model else named(call.raw, model)
        async with self._embeddings.answer(raw, headers) as pieces:
            if pieces.response.status >= 300:
                return await self._refusal(pieces, secret)
            body = await pieces.whole()
            observed = read_list(self.name, body, len(call.body.inputs))
            return Reply(headers=passed_headers(pieces.response), observed=observed, body=body)

    def _headers(self, call: Call | EmbeddingCall) -> tuple[dict[str, str], str | None]:
        """The request's headers, and the key in them."""
        secret = self._key.value()
        return ({**call.headers, "authorization": f"Bearer {secret}"} if secret else call.headers), secret

    async def _refusal(self, pieces: Pieces, secret: str | None) -> Reply:
        response = pieces.response
        body = await self._embeddings.refusal(pieces)
        wait = retry_after(response)
        problem = fault(self.name, response.status, body, key=secret, retry_after=wait, key_source=self._key.source)
        if problem.kind != "rejected" or problem.body is None:
            raise problem
        observed = Observed(error=f"upstream_{response.status}")
        return Reply(response.status, headers=passed_headers(response, secret), observed=observed, body=problem.body)


def _is_googles(address: str) -> bool:
    return (urlsplit(address).hostname or "").endswith(".googleapis.com")


def _googles() -> Dialect:
    """The chat dialect as Google speaks it."""
    signatures = Signatures()
    return replace(CHAT, body=signatures.body, reader=signatures.reader)


def _is_absent(status: int, body: bytes) -> bool:
    """Whether a refusal says that there is no such endpoint, and not that there is no such model, item …"""
    if status != 404:
        return status in (405, 501)
    try:
        error = mapping(mapping(msgspec.json.decode(body)).get("error"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        error = {}
    said = string(error.get("message")) or body.decode("utf-8", "replace")
    return error.get("param") is None and not _THING.search(f"{said} {error.get('code')}".replace("_", " "))
