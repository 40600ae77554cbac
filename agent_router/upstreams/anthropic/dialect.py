"""Anthropic's messages, as upstreams speak them."""

from __future__ import annotations

from collections.abc import Sequence

from agent_router.upstreams.anthropic.events import AnswerReader
from agent_router.upstreams.anthropic.json_answer import as_text
from agent_router.upstreams.anthropic.observer import MessagesObserver
from agent_router.upstreams.anthropic.render import messages_body
from agent_router.upstreams.reader import Dialect
from agent_router.upstreams.reply import Observed


def observe(body: bytes) -> Observed:
    """What a whole answer says."""
    reader = AnswerReader()
    for _ in reader.read_whole(body):
        pass
    return Observed(reader.model, reader.usage, id=reader.id)


def _takes_stops(sequences: Sequence[str]) -> bool:
    return all(sequence.strip() for sequence in sequences)


MESSAGES = Dialect(
    "messages",
    "/messages",
    messages_body,
    AnswerReader,
    MessagesObserver,
    observe,
    takes_stops=_takes_stops,
    tells_stop=True,
    answered=as_text,
)
