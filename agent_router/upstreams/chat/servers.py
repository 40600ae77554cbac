"""What of a request the servers that speak OpenAI's chat dialect take, where it did not come in that dialect.

Documented drops: towards OpenAI's own servers `metadata`, which they take only with what they are to store; towards all
others `user` and every note about billing, caching and abuse. Those servers are of many makers, some of which refuse a
field that they do not know; none of them does anything with these that its caller would miss in the answer.
Tools that take free text, and a choice among tools, only OpenAI's servers know; others get functions, and only those
that may be called.
"""

from __future__ import annotations

from msgspec import structs

from agent_models.completion import CompletionRequest
from agent_router.upstreams.custom_calls import functions_only


def for_openai(request: CompletionRequest) -> CompletionRequest:
    """What OpenAI's own servers take of it."""
    if "metadata" not in request.notes:
        return request
    return structs.replace(request, notes={name: note for name, note in request.notes.items() if name != "metadata"})


def for_others(request: CompletionRequest) -> CompletionRequest:
    """What every other server takes of it."""
    return structs.replace(functions_only(request), notes={}, user=None)
