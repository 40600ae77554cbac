"""All endpoints of the hot path, by the paths that clients use: with `/v1` and, where they add it, without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agent_router.completions_endpoint import CompletionsEndpoint
from agent_router.embeddings_endpoint import EmbeddingsEndpoint
from agent_router.endpoint import Endpoint
from agent_router.escalation import Escalation
from agent_router.learning.learning import Learning
from agent_router.responses_endpoint import ResponsesEndpoint
from agent_router.routing.router import Router
from agent_router.routing.senders import Senders
from agent_router.upstreams.chain import Chain
from agent_router.wire.chat.wire import ChatWire
from agent_router.wire.completions.wire import CompletionsWire
from agent_router.wire.gemini.caller import is_googles
from agent_router.wire.gemini.wire import GeminiWire
from agent_router.wire.messages.wire import MessagesWire
from agent_router.wire.responses.compaction import CompactionWire
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from agent_router.wire.wire import Errors, Wire
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed
from agent_telemetry.trace import Traces

# Some clients leave `models/` out before a name with a slash in it. A name may hold colons, as all of Ollama's do.
_GENERATES = re.compile(r"/v1(?:beta|alpha)?/(?:models/)?.{1,300}:(?:streamGenerateContent|generateContent)", re.DOTALL)
_GEMINI = re.compile(
    r"/v1(?:beta|alpha)(?:/|\Z)|/v1/.+:(?:streamGenerateContent|generateContent|countTokens)\Z", re.DOTALL
)
_MODELS = re.compile(r"/v1/models(?:/|\Z)")
_OPENAI, _ANTHROPIC, _GOOGLE = ChatWire(), MessagesWire(), GeminiWire()


def errors_at(path: str, headers: Mapping[bytes, bytes], query: bytes = b"") -> Errors:
    """How the client that asks at this path, with these headers, wants to be told of errors."""
    if path.removeprefix("/v1").startswith("/messages") or b"anthropic-version" in headers:
        return _ANTHROPIC
    googles = _GEMINI.match(path) or (_MODELS.match(path) and is_googles(headers, query))
    return _GOOGLE if googles else _OPENAI


class Endpoints:
    """Every endpoint that answers with text or vectors. `responses` keeps what the responses endpoint gave."""

    def __init__(
        self,
        router: Router,
        chain: Chain,
        ledger: Ledger,
        feed: LiveFeed,
        traces: Traces,
        learning: Learning,
        escalation: Escalation,
        responses: ResponseStore,
        *,
        salt: bytes,
        max_body_bytes: int,
    ) -> None:
        given = (router, chain, ledger, feed, traces, learning, escalation, Senders())

        def completions(wire: Wire) -> CompletionsEndpoint:
            return CompletionsEndpoint(wire, *given, salt=salt, max_body_bytes=max_body_bytes)

        self.chat = completions(_OPENAI)
        wire = ResponsesWire(responses)
        self.responses = ResponsesEndpoint(wire, *given, salt=salt, max_body_bytes=max_body_bytes)
        self._gemini = completions(_GOOGLE)
        hot: dict[str, Endpoint[Any]] = {
            "/chat/completions": self.chat,
            "/responses": self.responses,
            "/responses/compact": completions(CompactionWire(wire)),
            "/messages": completions(_ANTHROPIC),
            "/completions": completions(CompletionsWire()),
            "/embeddings": EmbeddingsEndpoint(
                "embeddings", _OPENAI, router, chain, ledger, feed, traces, salt=salt, max_body_bytes=max_body_bytes
            ),
        }
        self._at = hot | {f"/v1{path}": endpoint for path, endpoint in hot.items()}

    def find(self, path: str) -> Endpoint[Any] | None:
        """The endpoint at this path; None if there is none."""
        found = self._at.get(path)
        if found is None and ":" in path and _GENERATES.fullmatch(path):
            return self._gemini
        return found
