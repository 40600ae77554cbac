"""A scripted upstream in OpenAI's and Anthropic's dialects: it answers, or misbehaves, as it is told."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Self

from tests.upstreams import anthropic_wire, gemini_wire, openai_wire, responses_wire
from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import Behaviour, parse
from tests.upstreams.connection import Connection
from tests.upstreams.echo import Says, reply
from tests.upstreams.feed import Feed
from tests.upstreams.received import Received
from tests.upstreams.step import Step

DIALECTS = frozenset({"chat", "responses", "messages"})
MODELS = ("gpt-5.4", "gpt-5.4-mini", "claude-opus-4-8", "qwen3-32b")


class ScriptedUpstream:
    """``async with ScriptedUpstream("status:code=429", "ok") as upstream: ...``

    What a request gets is decided by the first of these that is there: the path prefix ``/as/<behaviour>``
    (base URL ``http://127.0.0.1:PORT/as/status:code=500/v1``), the header ``x-script: <behaviour>``, a model
    named ``script:<behaviour>``, the script. A script's behaviours are used up in order, one a request; the last
    one stays. By hand, ``POST /_script`` takes a JSON list of behaviours, ``GET /_requests`` shows what came,
    ``DELETE`` of it forgets.

    keep: how many requests are kept; 0 keeps none, and is quicker. speaks: the dialects that it has; what belongs to
    another is a 404. says: what its model answers.
    """

    def __init__(
        self,
        *script: str | Behaviour,
        host: str = "127.0.0.1",
        port: int = 0,
        models: Sequence[str] = MODELS,
        keep: int = 10_000,
        speaks: Collection[str] = DIALECTS,
        says: Says = reply,
    ) -> None:
        self.says = says
        self.speaks = speaks
        self.models = tuple(models)
        self.host = host
        self.port = port
        self.connections = 0
        self.count = 0
        self._keep = keep
        self._received: Feed[Received] = Feed("request", keep)
        self._left: Feed[Received] = Feed("early disconnect", keep)
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.script(*script)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens; from now on `port` and `url` hold."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), self.host, self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes the port and drops every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._open):
            connection.abort()
        await self._server.wait_closed()
        self._server = None

    @property
    def url(self) -> str:
        """Without /v1: what Anthropic's clients take."""
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """With /v1: what OpenAI's clients take."""
        return f"{self.url}/v1"

    def as_url(self, behaviour: str) -> str:
        """A base URL with /v1 behind which every request gets this behaviour, whatever the script says."""
        return f"{self.url}/as/{behaviour}/v1"

    def script(self, *behaviours: str | Behaviour) -> None:
        """Replaces the script; none means ok. ValueError if a behaviour is unknown."""
        parsed = [parse(item) if isinstance(item, str) else item for item in behaviours]
        self._script = deque(parsed or [parse("ok")])

    @property
    def requests(self) -> list[Received]:
        """All that came (the last `keep`), control requests left out."""
        return list(self._received.all)

    async def next_request(self, timeout: float = 10) -> Received:
        """The next request that this was not yet returned, as soon as it is there."""
        return await self._received.next(timeout)

    async def wait_disconnect(self, timeout: float = 10) -> Received:
        """The next request whose client left before the answer was complete."""
        return await self._left.next(timeout)

    def clear(self) -> None:
        """Forgets what came; the script stays."""
        self._received.clear()
        self._left.clear()
        self.count = 0

    # What connections ask.

    def connected(self, connection: Connection) -> Iterable[Step] | None:
        self.connections += 1
        self._open.add(connection)
        if self._script[0].when != "accept":
            return None
        return self._take().steps(Answer(Received(b"- -", b"", 0, 0), openai_wire.DIALECT))

    def closed(self, connection: Connection) -> None:
        self._open.discard(connection)

    def left(self, request: Received) -> None:
        self._left.put(request)

    def early(self, request: Received) -> Iterable[Step] | None:
        try:
            chosen = _named_in_head(request)
        except ValueError:
            return None  # `answer` says what is wrong
        behaviour = chosen or self._script[0]
        if behaviour.when != "head" or request.path.startswith("/_"):
            return None
        if chosen is None:
            self._take()
        self._record(request)
        return behaviour.steps(Answer(request, openai_wire.DIALECT))

    def answer(self, request: Received) -> Iterable[Step]:
        if b" /_" in request.head[:12]:
            return [_control(self, request)]
        self._record(request)
        try:
            behaviour = _named(request) or self._take()
        except ValueError as error:
            said = openai_wire.error(400, str(error), "unknown_behaviour")
            return Answer(request, openai_wire.DIALECT, 400, said).whole()
        if behaviour.words.startswith("canned"):  # reads nothing of the request
            return behaviour.steps(Answer(request, openai_wire.DIALECT))
        return behaviour.steps(self._right_answer(request))

    def _take(self) -> Behaviour:
        return self._script.popleft() if len(self._script) > 1 else self._script[0]

    def _record(self, request: Received) -> None:
        self.count += 1
        if self._keep:
            self._received.put(request)

    def _right_answer(self, request: Received) -> Answer:
        path, method = request.path, request.method
        if method == "POST" and path.endswith("/chat/completions") and "chat" in self.speaks:
            return openai_wire.chat(request, self.says)
        if method == "POST" and path.endswith("/responses") and "responses" in self.speaks:
            return responses_wire.responses(request, self.says)
        if method == "POST" and path.endswith("/embeddings"):
            return openai_wire.embeddings(request)
        if method == "POST" and path.endswith("/messages/count_tokens") and "messages" in self.speaks:
            return anthropic_wire.count_tokens(request)
        if method == "POST" and path.endswith("/messages") and "messages" in self.speaks:
            return anthropic_wire.messages(request, self.says)
        if method == "POST" and path.endswith((":generateContent", ":streamGenerateContent")):
            return gemini_wire.generate(request, self.says)
        if method == "POST" and path.endswith(":countTokens"):
            return gemini_wire.count_tokens(request)
        if method == "GET" and "/models" in path:
            models = anthropic_wire.models if "anthropic-version" in request.headers else openai_wire.models
            return models(request, self.models)
        message = f"The scripted upstream has no {method} {path}."
        return Answer(request, openai_wire.DIALECT, 404, openai_wire.error(404, message, "unknown_url"))


def _named_in_head(request: Received) -> Behaviour | None:
    """The behaviour that path or headers name. ValueError if there is none of that name."""
    if b"/as/" not in request.head and b"x-script" not in request.head.lower():
        return None
    if request.target.startswith("/as/"):
        return parse(urllib.parse.unquote(request.target[4:].partition("/")[0]))
    words = request.headers.get("x-script")
    return parse(words) if words else None


def _named(request: Received) -> Behaviour | None:
    """The behaviour that path, headers or model name. ValueError if there is none of that name."""
    named = _named_in_head(request)
    if named is None and b'"script:' in request.body:
        model = str(request.json.get("model", "")) if isinstance(request.json, dict) else ""
        named = parse(model.removeprefix("script:")) if model.startswith("script:") else None
    return named


def _control(upstream: ScriptedUpstream, request: Received) -> bytes:
    """Answers the paths that steer the upstream by hand or from another process."""
    status, said = 200, object()
    if (request.method, request.path) == ("POST", "/_script"):
        try:
            upstream.script(*json.loads(request.body))
            said = {"script": json.loads(request.body)}
        except ValueError as error:
            status, said = 400, {"error": str(error)}
    elif request.path == "/_requests":
        if request.method == "DELETE":
            upstream.clear()
        said = {
            "count": upstream.count,
            "connections": upstream.connections,
            "requests": [kept.as_dict() for kept in upstream.requests[-100:]],
        }
    else:
        status, said = 404, {"error": "POST /_script, GET or DELETE /_requests"}
    plain = Answer(request, openai_wire.DIALECT, status, openai_wire.encode(said))
    return plain.head() + plain.body
