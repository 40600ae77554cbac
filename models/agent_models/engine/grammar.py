"""Which grammars (GBNF) a request's answer must follow."""

from __future__ import annotations

from dataclasses import dataclass

from agent_models.completion import CompletionRequest


@dataclass(frozen=True)
class Constraints:
    """GBNF texts with the root rule `root`; None where the model writes freely.

    `start` rules from the first token on. `call` rules behind an opening tool-call marker, `further` behind
    each call (an end, or another call with its marker). `call_first`: the answer must begin with a call.
    """

    start: str | None = None
    call: str | None = None
    further: str | None = None
    call_first: bool = False
    parallel: bool = True


def constraints(request: CompletionRequest) -> Constraints:
    """The grammars for this request. Raises UnsupportedRequestError for a schema that none can express."""
    return Constraints()
