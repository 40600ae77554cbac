"""The ladder: what is earned, what is lost again, and what is tried beside."""

from __future__ import annotations

import random

import pytest
from msgspec import structs

from agent_router.routing.decision import Verdict
from agent_router.routing.ladder import CANARY, LEAST_EVIDENCE, PROVEN, Ladder, threshold
from agent_router.routing.standing import Rung, Standing
from agent_router.routing.task import Task
from agent_router.settings import Routing
from tests.router.routing.bodies import made

QUESTION = made("Why is the sky blue?")[0]


def standing(
    mean: float, evidence: float = 40.0, *, seen: int = 50, rung: Rung = "shadow", width: float = 0.06
) -> Standing:
    return Standing(
        model="pocket",
        seen=seen,
        fresh=seen,
        mean=mean,
        lower=max(mean - width, 0),
        upper=min(mean + width, 1),
        score=mean * evidence / (evidence + 0.25),
        evidence=evidence,
        rung=rung,
    )


def known(known: Standing, **more: object) -> Task:
    return structs.replace(QUESTION, standing=known, **more)


def decided(found: Standing, draw: float = 0.5, **more: object) -> Verdict:
    return Ladder(Routing(), lambda: draw).decide(known(found, **more))


def test_the_floor_on_all_traffic_becomes_what_each_family_must_promise() -> None:
    assert threshold(0.99) == pytest.approx(0.9)
    assert threshold(1.0) == 1.0
    assert threshold(0.95) < threshold(0.99) < threshold(0.999)


def test_nothing_is_local_on_few_outcomes() -> None:
    for evidence in (0.0, 1.0, LEAST_EVIDENCE - 0.1):
        verdict = decided(standing(1.0, evidence, seen=3))
        assert (verdict.route, verdict.rung, verdict.propensity) == ("closed", "shadow", 1.0)
        assert verdict.reason.startswith("not proven yet: seen 3 times")
    assert "for the first time" in decided(standing(0.7, 0.0, seen=1)).reason


def test_what_is_proven_is_local() -> None:
    verdict = decided(standing(0.98, 60.0))
    assert (verdict.route, verdict.rung, verdict.propensity) == ("local", "local", 1.0)
    assert verdict.reason == "earned: 0.98 on 60 outcomes"
    assert verdict.explore == Routing().shadow.audits  # some are asked of the closed side too


def test_what_promises_enough_on_few_outcomes_is_a_canary() -> None:
    lucky = standing(0.98, PROVEN - 1)
    verdict = decided(lucky, draw=CANARY - 0.01)
    assert (verdict.route, verdict.rung, verdict.propensity) == ("local", "canary", CANARY)
    verdict = decided(lucky, draw=CANARY + 0.01)
    assert (verdict.route, verdict.rung, verdict.propensity) == ("closed", "canary", 1 - CANARY)
    assert verdict.explore == 1.0


def test_a_place_is_lost_below_the_threshold() -> None:
    assert decided(standing(0.89)).rung == "shadow"
    assert decided(standing(0.95)).rung == "local"


def test_two_failures_in_twenty_are_no_reason_to_wait_and_are_watched() -> None:
    assert decided(standing(0.885, 20.0)).rung == "local"
    assert decided(standing(0.885, 20.0)).explore == 1.0
    assert decided(standing(0.885, 25.0)).rung == "shadow"
    assert decided(standing(0.99, 100.0)).explore == Routing().shadow.audits


def test_what_is_proven_not_good_enough_is_closed_and_tried_now_and_then() -> None:
    verdict = decided(standing(0.5))
    assert (verdict.route, verdict.rung) == ("closed", "closed")
    assert 0 < verdict.explore < Routing().shadow.share
    assert decided(standing(0.5, 10.0)).rung == "shadow"


def test_the_first_of_a_template_are_all_tried_beside_then_a_share() -> None:
    shadow = Routing().shadow
    assert decided(standing(0.85, 4.0, seen=shadow.first)).explore == 1.0
    assert decided(standing(0.85, 4.0, seen=shadow.first + 1)).explore == shadow.share


def test_a_nearly_spent_budget_takes_canaries_wholly() -> None:
    assert decided(standing(0.98, 10), frugal=True).rung == "local"
    assert decided(standing(0.98, 7.9), frugal=True).rung == "shadow"
    assert decided(standing(0.5), frugal=True).rung == "closed"


def test_with_a_floor_of_one_nothing_is_earned() -> None:
    ladder = Ladder(Routing(quality_floor=1))
    assert ladder.decide(known(standing(1.0))).route == "closed"


def test_a_lower_floor_takes_more() -> None:
    fair = standing(0.8)
    assert decided(fair).route == "closed"
    assert Ladder(Routing(quality_floor=0.9)).decide(known(fair)).route == "local"


def test_where_the_closed_side_fails_too_less_is_needed() -> None:
    fair = standing(0.8)
    both = structs.replace(fair, closed=0.8)
    assert decided(fair).route == "closed"
    verdict = decided(both)
    assert (verdict.route, verdict.threshold) == ("local", pytest.approx(0.72))


def test_a_canary_is_local_as_often_as_its_propensity_says() -> None:
    ladder = Ladder(Routing(), random.Random(7).random)
    task = known(standing(0.98, 10))
    local = sum(ladder.decide(task).route == "local" for _ in range(5000))
    assert abs(local / 5000 - CANARY) < 0.02
