"""The verifiers that come with the router, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent_models.completion import CompletionRequest
from agent_router.hookspecs import hookimpl
from agent_router.verification.answer import Answer
from agent_router.verification.emptiness import echoes, is_empty
from agent_router.verification.language import is_foreign, is_garbled
from agent_router.verification.refusal import refuses
from agent_router.verification.repetition import loops
from agent_router.verification.schema import breaks_schema
from agent_router.verification.tool_call import breaks_arguments, invents_tool, misses_call
from agent_router.verification.tool_text import is_call_as_text, shows_control_tokens
from agent_router.verification.truncation import is_truncated
from agent_router.verification.verifier import Verifier

BUILT_IN = (
    Verifier("empty", is_empty),
    Verifier("invented_tool", invents_tool),
    Verifier("tool_arguments", breaks_arguments),
    Verifier("missing_call", misses_call),
    Verifier("tool_as_text", is_call_as_text, early=True),
    Verifier("control_tokens", shows_control_tokens, early=True),
    Verifier("truncated", is_truncated),
    Verifier("schema", breaks_schema),
    Verifier("loop", loops, early=True),
    Verifier("refusal", refuses, early=True),
    Verifier("echo", echoes, early=True),
    Verifier("garbled", is_garbled, early=True),
    Verifier("language", is_foreign, early=True),
)


def problem(answer: Answer, request: CompletionRequest, verifiers: Sequence[Verifier] = BUILT_IN) -> str | None:
    """The code of the first problem; None if there is none. Of an answer that is not whole yet only what shows early
    is looked for."""
    for verifier in verifiers:
        if (answer.whole or verifier.early) and verifier.has_problem(answer, request):
            return verifier.code
    return None


@hookimpl
def agent_router_verifiers() -> Mapping[str, object]:
    """The verifiers by their codes."""
    return {verifier.code: verifier for verifier in BUILT_IN}
