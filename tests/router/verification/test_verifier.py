"""What a verifier is."""

from __future__ import annotations

from agent_router.verification.verifier import Verifier
from agent_router.verification.verifiers import problem
from tests.router.verification.asking import begun, request, said


def test_one_of_ones_own_is_asked_like_the_others() -> None:
    shouts = Verifier("shouting", lambda answer, _: answer.text.isupper(), early=True)
    assert problem(said("NO"), request(), (shouts,)) == "shouting"
    assert problem(begun("NO"), request(), (shouts,)) == "shouting"
    assert problem(said("no"), request(), (shouts,)) is None
