"""The circuit breaker, with a clock of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.upstreams.breaker import FIRST_REST, LONGEST_REST, THRESHOLD, Breaker


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def trip(breaker: Breaker) -> None:
    for _ in range(THRESHOLD):
        breaker.fault(breaker.enter())


def test_it_opens_after_faults_in_a_row(breaker: Breaker) -> None:
    for _ in range(THRESHOLD - 1):
        breaker.fault(breaker.enter())
        assert breaker.state == "closed"
        assert breaker.wait() == 0
    breaker.fault(breaker.enter())
    assert breaker.state == "open"
    assert breaker.wait() == FIRST_REST


def test_an_answer_in_between_starts_the_count_again(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.fault(breaker.enter())
        breaker.fault(breaker.enter())
        breaker.success(breaker.enter())
    assert breaker.state == "closed"


def test_half_open_lets_one_through(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    clock.now += FIRST_REST
    assert breaker.state == "half-open"
    assert breaker.wait() == 0
    assert breaker.wait() == 0  # asking takes nothing
    probe = breaker.enter()
    assert breaker.wait() > 0
    breaker.success(probe)
    assert (breaker.state, breaker.wait()) == ("closed", 0)


def test_failed_probes_double_the_rest_up_to_a_bound(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    rests = []
    for _ in range(4):
        clock.now += breaker.wait()
        breaker.fault(breaker.enter())
        rests.append(breaker.wait())
    assert rests == [2 * FIRST_REST, LONGEST_REST, LONGEST_REST, LONGEST_REST]
    clock.now += breaker.wait()
    breaker.success(breaker.enter())
    trip(breaker)
    assert breaker.wait() == FIRST_REST


def test_a_cancelled_probe_lets_another_one_through(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    clock.now += FIRST_REST
    breaker.abandon(breaker.enter())
    assert (breaker.state, breaker.wait()) == ("half-open", 0)


def test_requests_from_before_do_not_disturb_the_probe(breaker: Breaker, clock: Clock) -> None:
    late = [breaker.enter() for _ in range(3)]
    trip(breaker)
    breaker.fault(late[0])
    assert breaker.wait() == FIRST_REST  # no longer for a fault of the same time
    clock.now += FIRST_REST
    probe = breaker.enter()
    breaker.abandon(late[1])
    assert breaker.wait() > 0, "a second probe would pass"
    breaker.fault(late[2])
    assert breaker.state == "half-open"
    breaker.success(probe)
    assert breaker.state == "closed"


def test_a_rate_limit_keeps_everybody_away_for_as_long_as_asked(breaker: Breaker, clock: Clock) -> None:
    breaker.pause(breaker.enter(), 7)
    assert (breaker.state, breaker.wait(), breaker.paused) == ("open", 7, True)
    breaker.pause(breaker.enter(), 2)  # a shorter one does not shorten it
    assert breaker.wait() == 7
    clock.now += 7
    assert (breaker.state, breaker.wait(), breaker.paused) == ("closed", 0, False)
    breaker.fault(breaker.enter())
    assert breaker.state == "closed"  # it was no fault


def test_a_rate_limited_probe_frees_the_probe(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    clock.now += FIRST_REST
    breaker.pause(breaker.enter(), 3)
    assert not breaker.paused  # it has not recovered either
    clock.now += 3
    assert breaker.wait() == 0


def test_an_answer_does_not_end_a_rate_limit(breaker: Breaker) -> None:
    early = breaker.enter()
    breaker.pause(breaker.enter(), 7)
    breaker.success(early)
    assert breaker.wait() == 7


@given(
    st.lists(st.tuples(st.sampled_from(["enter", "success", "fault", "abandon", "pause", "time"]), st.integers(0, 9)))
)
def test_never_two_probes_and_never_shut_for_good(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    running: list[object] = []
    probes: set[int] = set()
    for step, n in steps:
        if step == "time":
            clock.now += n * 10
        elif step == "enter":
            if breaker.wait() == 0:
                half_open = breaker.state == "half-open"
                running.append(breaker.enter())
                if half_open:
                    assert not any(id(passage) in probes for passage in running)
                    probes.add(id(running[-1]))
        elif running:
            passage = running.pop(n % len(running))
            probes.discard(id(passage))
            if step == "pause":
                breaker.pause(passage, n)
            else:
                {"success": breaker.success, "fault": breaker.fault, "abandon": breaker.abandon}[step](passage)
            if step == "success":
                probes.clear()
    for passage in running:
        breaker.abandon(passage)
    clock.now += LONGEST_REST
    assert breaker.wait() == 0
