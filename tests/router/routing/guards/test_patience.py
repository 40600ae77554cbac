"""How long a call may wait."""

from __future__ import annotations

from msgspec import structs

from agent_router.routing.guards.patience import Patience, tokens
from agent_router.settings import Patience as Limits
from tests.router.routing.bodies import made

QUESTION = made("why?")[0]
HEARTBEAT = made("[OpenClaw heartbeat poll]")[0]


def test_a_person_waits_less_than_a_machine() -> None:
    patience = Patience(Limits())
    assert patience.allowed(QUESTION) == 7
    assert patience.allowed(HEARTBEAT) == 65


def test_it_learns_how_long_the_closed_side_takes() -> None:
    patience = Patience(Limits())
    for _ in range(200):
        patience.learn(20.0)
    assert 21 < patience.allowed(QUESTION) <= 22
    assert patience.allowed(QUESTION, 1.0) == 3  # of this family more is known


def test_tokens_are_guessed_from_bytes_and_from_answers_before() -> None:
    task = structs.replace(QUESTION, prompt_bytes=4000, output_limit=None)
    assert tokens(task) == (1000, 128)
    assert tokens(task, 9.0) == (1000, 9)
    assert tokens(structs.replace(task, output_limit=4), 9.0) == (1000, 4)
