"""OpenAI's chat completions, as upstreams speak it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent_router.upstreams.chat.chunk import id_of, model_of, read_chunk, usage_of
from agent_router.upstreams.chat.events import ChatReader
from agent_router.upstreams.chat.finish_reason import is_broken
from agent_router.upstreams.chat.observer import ChatObserver
from agent_router.upstreams.chat.render import MOST_STOPS, chat_body
from agent_router.upstreams.chat.unstreamed import as_stream
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import Dialect, EmptyAnswerError
from agent_router.upstreams.reply import Observed


def observe(body: bytes) -> Observed:
    """What a whole answer says."""
    chunk = read_chunk(body)
    if chunk is not None and chunk.error is not None:
        raise error_in(chunk.error)
    if chunk is None or chunk.choices is None:
        raise msgspec.DecodeError("no chat completion")
    if not any(isinstance(choice.message, dict) for choice in chunk.choices):
        raise EmptyAnswerError
    broken = any(is_broken(choice.finish_reason) for choice in chunk.choices)
    return Observed(model_of(chunk), usage_of(chunk), error="upstream_error_event" if broken else None, id=id_of(chunk))


def _takes_stops(sequences: Sequence[str]) -> bool:
    return len(sequences) <= MOST_STOPS


CHAT = Dialect(
    "chat", "/chat/completions", chat_body, ChatReader, ChatObserver, observe, as_stream, takes_stops=_takes_stops
)
