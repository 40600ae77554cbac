"""From an embedding request to its inputs' tokens. On a thread of its own, because a long text takes its time, during
which batches go on. Worker only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agent_models.embedding import EmbeddingRequest, Input
from agent_models.engine import protocol
from agent_models.engine.model import Model
from agent_models.engine.preparing import Failure
from agent_models.errors import ContextOverflowError, UnsupportedRequestError

# A text this many times longer (in characters) than the window (in tokens) is first measured by its beginning.
_LONG = 16


class Tokenised(NamedTuple):
    """A request whose inputs are tokens."""

    id: int
    dimensions: int
    inputs: list[list[int]]


Ready = Tokenised | Failure | protocol.Ping


def ready(model: Model, message: protocol.Asked) -> Ready:
    """What is to be done about one message."""
    if isinstance(message, protocol.Ping):
        return message  # answered by the loop that evaluates, as proof that it lives
    try:
        if not isinstance(message, protocol.Embed):
            raise UnsupportedRequestError(
                "This is an embedding model: it makes vectors of texts and writes none.", param="model"
            )
        return Tokenised(message.id, _dimensions(model, message.request), tokenised(model, message.request.inputs))
    except Exception as error:
        return Failure(message.id, error)


def tokenised(model: Model, inputs: Sequence[Input]) -> list[list[int]]:
    """The inputs' tokens. ContextOverflowError names the input that is too long; nothing is ever cut off."""
    return [_tokens(model, f"input[{number}]", given) for number, given in enumerate(inputs)]


def _tokens(model: Model, name: str, given: Input) -> list[int]:
    if isinstance(given, str):
        beginning = given[: model.window * _LONG]
        tokens = model.tokens(beginning, special=False, enclosed=True)
        if len(beginning) < len(given):
            if len(tokens) > model.window + 64:
                raise _overflow(model, name, len(tokens) * len(given) // len(beginning), about=True)
            tokens = model.tokens(given, special=False, enclosed=True)
    else:
        tokens = list(given)
        wrong = next((token for token in tokens if not 0 <= token < model.vocabulary_size), None)
        if wrong is not None:
            raise UnsupportedRequestError(
                f"{name} holds the token {wrong}; this model's tokens are 0 to {model.vocabulary_size - 1}.", param=name
            )
    if not tokens:
        raise UnsupportedRequestError(f"{name} holds nothing that has a token.", param=name)
    if len(tokens) > model.window:
        raise _overflow(model, name, len(tokens))
    return tokens


def _overflow(model: Model, name: str, count: int, *, about: bool = False) -> ContextOverflowError:
    return ContextOverflowError(
        f"This model's maximum context length is {model.window} tokens. However, {name} has "
        f"{'about ' if about else ''}{count} tokens. Please reduce its length.",
        prompt_tokens=count,
        context_window=model.window,
    )


def _dimensions(model: Model, request: EmbeddingRequest) -> int:
    size = model.embedding_size or 0
    if request.dimensions is not None and not 1 <= request.dimensions <= size:
        raise UnsupportedRequestError(
            f"This model's vectors have {size} dimensions; {request.dimensions} cannot be had.", param="dimensions"
        )
    return request.dimensions or size
