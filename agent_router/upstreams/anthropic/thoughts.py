"""How much a Claude is to think: what its version takes of `output_config.effort` and `thinking`.

From 4.6 on a model is told an effort, and thinks as it sees fit; those before take a bound on their thoughts, from 3.7
on. Source: Anthropic's "Extended thinking", "Adaptive thinking" and "Effort".
"""

from __future__ import annotations

import re
from typing import Any

from agent_models.completion import CompletionRequest

_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)")
_FIRST_THINKING = (3, 7)
_FIRST_WITH_EFFORT = (4, 6)
_FIRST_WITH_XHIGH = (4, 7)
_LEAST = 1024  # tokens that thoughts may be bound to
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}


def version(model: str) -> tuple[int, int] | None:
    """The version in a Claude's name; None where there is none, or for other labs' models behind the dialect."""
    found = _CLAUDE.search(model)
    return None if found is None else (int(found[1]), int(found[2] or 0))


def effort(request: CompletionRequest, model: str) -> str | None:
    """`output_config.effort`; None for models that know of none."""
    known = version(model)
    if known is None or known < _FIRST_WITH_EFFORT:
        return None
    wanted = _EFFORTS.get(request.reasoning_effort or "")
    return "high" if wanted == "xhigh" and known < _FIRST_WITH_XHIGH else wanted


def thinking(request: CompletionRequest, model: str, max_tokens: int) -> dict[str, Any] | None:
    """`thinking`, where the request asks for thoughts. `max_tokens` bounds them and the answer."""
    known, bound = version(model), request.reasoning_tokens or 0
    if known is not None and known >= _FIRST_WITH_EFFORT:
        return {"type": "adaptive"} if bound > 0 or effort(request, model) is not None else None
    if bound <= 0 or (known is not None and known < _FIRST_THINKING):
        return None
    # A turn whose tools have been called must have begun with the model's own thoughts, which nobody here has.
    if request.messages and request.messages[-1].role == "tool":
        return None
    bound = min(max(bound, _LEAST), max_tokens - 1)
    return {"type": "enabled", "budget_tokens": bound} if bound >= _LEAST else None
