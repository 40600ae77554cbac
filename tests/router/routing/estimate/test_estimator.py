"""The estimate as a whole, on requests that look like agents'."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate.estimator import Estimator, seen
from agent_router.routing.estimate.nodes import Asked

SYSTEM = "You are a personal assistant running on the owner's computer. Current time: "


def request(template: str, nth: int) -> Asked:
    body = random.Random(nth).choice(["the invoice", "a walk", "three ships", "the report"])
    return Asked(f"{SYSTEM}{nth}:00", f"{template} number {nth}: {body}", ("shell", "calendar"))


def taught(estimator: Estimator, template: str, rate: float, count: int, start: int = 0) -> None:
    chance = random.Random(start)
    for nth in range(start, start + count):
        estimator.learn(seen(request(template, nth)), float(chance.random() < rate))


def test_a_family_that_does_well_is_known_after_25_occurrences() -> None:
    estimator = Estimator()
    taught(estimator, "Add to calendar. Parse the request", 1.0, 25)
    taught(estimator, "Make a plan with at most", 0.5, 25)
    good = estimator.estimate(seen(request("Add to calendar. Parse the request", 900)))
    bad = estimator.estimate(seen(request("Make a plan with at most", 900)))
    assert good.mean > 0.93
    assert good.evidence > 8
    assert bad.mean < 0.7


def test_a_family_earns_its_place_by_its_success() -> None:
    good, bad = [], []
    for run in range(20):
        estimator = Estimator()
        taught(estimator, "Add to calendar. Parse the request", 0.98, 25, start=1000 * run)
        good.append(estimator.estimate(seen(request("Add to calendar. Parse the request", 999))).earned(0.9))
        for nth in range(1000 * run + 500, 1000 * run + 600):
            bad.append(estimator.estimate(seen(request("Make a plan with at most", nth))).earned(0.9))
            taught(estimator, "Make a plan with at most", 0.75, 1, start=nth)
    assert sum(good) >= 19
    assert sum(bad) <= 0.02 * len(bad)


def test_a_one_off_is_not_known() -> None:
    estimator = Estimator()
    taught(estimator, "Add to calendar. Parse the request", 1.0, 60)
    assert estimator.estimate(seen(request("Why did the Roman republic fall, and when?", 1))).evidence < 2


def test_another_model_is_believed_less() -> None:
    estimator = Estimator()
    taught(estimator, "Add to calendar. Parse the request", 1.0, 60)
    before = estimator.estimate(seen(request("Add to calendar. Parse the request", 900)))
    estimator.model_changed()
    after = estimator.estimate(seen(request("Add to calendar. Parse the request", 900)))
    assert after.evidence < before.evidence
    taught(estimator, "Add to calendar. Parse the request", 0.2, 25, start=1000)
    assert estimator.estimate(seen(request("Add to calendar. Parse the request", 900))).mean < 0.75


def test_what_is_stored_comes_back() -> None:
    estimator, again = Estimator(), Estimator()
    taught(estimator, "Add to calendar. Parse the request", 0.9, 40)
    taught(estimator, "Make a plan with at most", 0.5, 25)
    for row in estimator.tree.rows():
        again.tree.restore(*row)
    state = estimator.state()
    assert state is not None
    assert estimator.state() is None  # nothing new since
    again.restore(state)
    for template in ("Add to calendar. Parse the request", "Make a plan with at most", "Never asked before"):
        asked = seen(request(template, 900))
        assert again.estimate(asked) == estimator.estimate(asked)


@given(st.text(max_size=200), st.text(max_size=200), st.floats(-5, 5), st.floats(0, 1))
def test_it_takes_any_outcome_of_any_request(system: str, ask: str, label: float, weight: float) -> None:
    estimator = Estimator()
    asked = seen(Asked(system, ask))
    for _ in range(3):
        estimator.learn(asked, label, weight)
    found = estimator.estimate(asked)
    assert 0 <= found.score <= found.mean <= 1
    assert found.evidence >= 0
