"""The beginning of an answer, for models that cannot be made to begin with it: they are asked to go on from it."""

from __future__ import annotations

from msgspec import structs

from agent_models.completion import CompletionRequest, Message, Text

GO_ON = (
    "Go on with your last message from exactly where it stops. Write only what comes next, and repeat nothing of what "
    "you have written already."
)


def asked_to_go_on(request: CompletionRequest) -> CompletionRequest:
    """The same request; where its last message is the beginning of the answer, the user asks for the rest."""
    if not request.continues:
        return request
    last = Message("user", (Text(GO_ON),))
    return structs.replace(request, messages=(*request.messages, last), continues=False)
