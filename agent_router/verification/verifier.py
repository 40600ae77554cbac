"""What a verifier is."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

Check = Callable[[Answer, CompletionRequest], bool]
"""Whether the answer has the problem that the verifier is for. It must not raise, and takes a millisecond at most."""


class Verifier(Struct, frozen=True):
    """`code` names the problem in a short word, for headers and the ledger. `early`: it can also speak on the beginning
    of a text; without it only a whole answer is looked at."""

    code: str
    has_problem: Check
    early: bool = False
