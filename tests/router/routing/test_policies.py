"""The built-in policies."""

from __future__ import annotations

from agent_router.routing.decision import Verdict
from agent_router.routing.policies import AlwaysClosed, AlwaysLocal, Ladder, Rules
from agent_router.settings import Routing
from tests.router.routing.bodies import made

HEARTBEAT = made("[OpenClaw heartbeat poll]")[0]
QUESTION = made("Why is the sky blue?")[0]


def test_the_ladder_is_local_for_what_is_listed() -> None:
    ladder = Ladder(Routing(local_families=["heartbeat-*", "Translate this"]))
    assert ladder.decide(HEARTBEAT) == Verdict("local", "family is listed local")
    assert ladder.decide(made("Translate this: guten Tag")[0]).route == "local"
    assert ladder.decide(QUESTION) == Verdict("closed", "family is not listed local")


def test_the_ladder_is_closed_when_nothing_is_listed() -> None:
    assert Ladder(Routing()).decide(HEARTBEAT).route == "closed"


def test_always_is_always() -> None:
    for task in (HEARTBEAT, QUESTION):
        assert AlwaysClosed(Routing()).decide(task).route == "closed"
        assert AlwaysLocal(Routing()).decide(task).route == "local"


def test_rules_know_only_what_they_are_told() -> None:
    rules = Rules(Routing(local_families=["Translate this"]))
    tools = [{"type": "function", "function": {"name": f"t{number}"}} for number in range(5)]
    assert rules.decide(HEARTBEAT).route == "local"
    assert rules.decide(QUESTION).route == "local"
    assert rules.decide(made("Why? " * 1000)[0]).route == "closed"
    assert rules.decide(made("Fix the test", tools=tools)[0]).route == "closed"
    assert rules.decide(made("Translate this: a", tools=tools)[0]).route == "local"
