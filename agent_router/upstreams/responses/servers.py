"""What of a request OpenAI's own servers take in responses, where it did not come in that dialect: no bound on the
answer below 16 tokens. Others take any, and what their callers asked for."""

from __future__ import annotations

from msgspec import structs

from agent_models.completion import CompletionRequest

LEAST_TOKENS = 16


def for_openai(request: CompletionRequest) -> CompletionRequest:
    """The request with no lower bound than they take."""
    if request.max_tokens is None or request.max_tokens >= LEAST_TOKENS:
        return request
    return structs.replace(request, max_tokens=LEAST_TOKENS)
