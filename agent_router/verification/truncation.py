"""Whether an answer breaks off before its end."""

from __future__ import annotations

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

SHORT_LIMIT = 32
"""Tokens: a caller that allows no more may want just the beginning (a label, a word, a probe)."""


def is_truncated(answer: Answer, request: CompletionRequest) -> bool:
    """Whether it ended for its length, or in the middle of a code block. Under a limit of a few tokens, an end for its
    length is what was asked for, unless JSON or a call was."""
    structured = request.output_format.kind != "text" or bool(answer.calls)
    if answer.stop == "length":
        return structured or request.max_tokens is None or request.max_tokens > SHORT_LIMIT
    if structured:
        return False
    fences = sum(line.lstrip().startswith("```") for line in answer.text.splitlines())
    return fences % 2 == 1 and not request.stop
