"""The worker's loop: takes requests from the inbox one at a time and sends what becomes of them."""

from __future__ import annotations

import sys
import traceback
from typing import Protocol

from agent_models.completion import Usage
from agent_models.engine import protocol
from agent_models.engine.generation import CancelledError, Generation
from agent_models.engine.model import Model
from agent_models.engine.prompt import PromptWriter
from agent_models.errors import ContextOverflowError, UnsupportedRequestError


class Waiting(Protocol):
    """What yields the next message, waiting for it."""

    def get(self) -> protocol.Generate | protocol.Count | protocol.Ping: ...


class Inbox(Protocol):
    """Where requests come from."""

    @property
    def waiting(self) -> Waiting: ...

    def is_cancelled(self, identity: int) -> bool: ...

    def done(self, identity: int) -> None: ...


class Outbox(Protocol):
    """Where answers go."""

    def send(self, message: protocol.ToFront) -> None: ...

    def beat(self) -> None: ...


def serve(model: Model, inbox: Inbox, outbox: Outbox) -> None:
    """Serves for ever; the inbox ends the process."""
    writer = PromptWriter(model)
    while True:
        message = inbox.waiting.get()
        if isinstance(message, protocol.Ping):
            outbox.send(protocol.Beat())
            continue
        try:
            outbox.send(_outcome(message, model, writer, inbox, outbox))
        finally:
            inbox.done(message.id)


def _outcome(
    message: protocol.Generate | protocol.Count,
    model: Model,
    writer: PromptWriter,
    inbox: Inbox,
    outbox: Outbox,
) -> protocol.ToFront:
    """Works on one request; returns the last frame about it."""
    identity = message.id

    def checkpoint() -> None:
        if inbox.is_cancelled(identity):
            raise CancelledError
        outbox.beat()

    try:
        checkpoint()
        prompt = writer.tokens(message.request)
        if isinstance(message, protocol.Count):
            return protocol.Counted(identity, len(prompt))
        generation = Generation(model, message.request, prompt, checkpoint)
        usage = Usage(input=len(prompt), output=0)
        for event in generation.events():
            if isinstance(event, Usage):
                usage = event
            else:
                outbox.send(protocol.Emitted(identity, event))
        if generation.measured is not None:
            outbox.send(generation.measured)
        return protocol.Emitted(identity, usage)
    except CancelledError:
        return protocol.Failed(id=identity, kind="cancelled", message="cancelled")
    except ContextOverflowError as error:
        return protocol.Failed(
            id=identity,
            kind="context_overflow",
            message=str(error),
            prompt_tokens=error.prompt_tokens,
            context_window=error.context_window,
        )
    except UnsupportedRequestError as error:
        return protocol.Failed(id=identity, kind="unsupported", message=str(error), param=error.param)
    except Exception as error:
        # Where it happened, never the exception's own text: that could quote the prompt.
        for place in traceback.extract_tb(error.__traceback__):
            sys.stderr.write(f"{place.filename}:{place.lineno} in {place.name}\n")
        name = type(error).__name__
        return protocol.Failed(id=identity, kind="internal", message=f"the engine failed with {name}")
