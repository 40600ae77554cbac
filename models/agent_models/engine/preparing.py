"""From a request to what the scheduler takes: the prompt's tokens. On a thread of its own, because the template and the
tokenizer take tens of milliseconds for an agent's prompt, during which running answers go on. Worker only."""

from __future__ import annotations

from typing import NamedTuple

from agent_models.engine import protocol
from agent_models.engine.prompt import PromptWriter
from agent_models.errors import UnsupportedRequestError


class Prepared(NamedTuple):
    """A request whose prompt is written."""

    message: protocol.Generate
    prompt: list[int]


class Failure(NamedTuple):
    """A request whose prompt cannot be written."""

    id: int
    error: Exception


Ready = Prepared | Failure | protocol.Counted | protocol.Ping


def ready(writer: PromptWriter, message: protocol.Asked) -> Ready:
    """What is to be done about one message."""
    if isinstance(message, protocol.Ping):
        return message  # answered by the loop that generates, as proof that it lives
    try:
        if isinstance(message, protocol.Embed):
            raise UnsupportedRequestError("This is a text model: it makes no vectors.", param="model")
        prompt = writer.tokens(message.request)
    except Exception as error:
        return Failure(message.id, error)
    return (
        protocol.Counted(message.id, len(prompt)) if isinstance(message, protocol.Count) else Prepared(message, prompt)
    )
