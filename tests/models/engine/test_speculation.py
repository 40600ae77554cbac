"""Guesses from the prompt, whether they pay, and that they change nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import CompletionRequest
from agent_models.engine.model import Model
from agent_models.engine.scheduler import Scheduler
from agent_models.engine.speculation import FEWEST, MOST, Lookup, Payoff
from tests.models.engine.asking import Desk, ask, calls_of, reason_of, schema_format, text_of, usage_of
from tests.models.engine.test_generation import WEATHER


def test_what_followed_the_same_three_tokens_last() -> None:
    lookup = Lookup([1, 2, 3, 4, 5, 1, 2, 3, 9, 8])
    assert lookup.guess(4) == []
    lookup.extend([1, 2, 3])
    assert lookup.guess(2) == [9, 8]
    assert lookup.guess(9) == [9, 8, 1, 2, 3]
    assert Lookup([1, 2]).guess(3) == []


@given(st.lists(st.integers(0, 2), max_size=40))
def test_guesses_are_always_a_run_of_what_was_there(tokens: list[int]) -> None:
    guess = Lookup(tokens).guess(5)
    if guess:
        runs = [tokens[at : at + len(guess)] for at in range(len(tokens)) if tokens[max(at - 3, 0) : at] == tokens[-3:]]
        assert guess in runs


def told(cost: float, right: float) -> Payoff:
    """A machine on which each further token of a step costs this share of the first, and guesses of which this share
    is right."""
    payoff = Payoff()
    for _ in range(30):
        payoff.step(1, 1.0)
        count = payoff.guesses()
        if count:
            payoff.step(1 + count, 1 + cost * count)
            payoff.checked(count, round(right * count))
    return payoff


def test_it_is_done_where_it_pays_and_only_there() -> None:
    assert told(0.02, 1.0).guesses() == MOST  # many tokens for the price of one
    assert told(0.1, 0.5).guesses() == FEWEST
    assert told(0.7, 0.0).guesses() == 0
    assert told(1.0, 1.0).guesses() == 0  # a token for the price of a token is no gain


def test_it_is_tried_before_it_is_judged_and_again_later() -> None:
    payoff = Payoff()
    assert payoff.guesses() == 0  # not even the usual step is known
    payoff.step(1, 1.0)
    for _ in range(3):
        assert payoff.guesses() == FEWEST
        payoff.step(3, 2.9)
        payoff.checked(2, 0)
    chances = [payoff.guesses() for _ in range(650)]
    assert chances.count(FEWEST) == 2
    assert chances.count(0) == 648


class Eager(Payoff):
    """Guesses whenever there is something to guess."""

    def guesses(self) -> int:
        return 5


def desks(model: Model) -> tuple[Desk, Desk]:
    plain, eager = Desk(model), Desk(model)
    plain.scheduler.payoff = None
    eager.scheduler.payoff = Eager()
    return plain, eager


REQUESTS: list[CompletionRequest] = [
    ask("abcabcabc " * 30, max_tokens=120),
    ask("the same words, the same words, the same " * 8, max_tokens=80, temperature=1.0, seed=5),
    ask("call " * 20, tools=(WEATHER,), tool_choice="required", max_tokens=300, seed=2, temperature=1.0),
    ask("json", output_format=schema_format({"type": "array", "items": {"enum": [0]}, "minItems": 40}), max_tokens=200),
]


def test_answers_are_the_same_with_and_without(tiny_model: Model) -> None:
    plain, eager = desks(tiny_model)
    steps = []
    for request in REQUESTS:
        alone, guessed = plain.answer(request), eager.answer(request)
        assert text_of(guessed) == text_of(alone)
        assert reason_of(guessed) == reason_of(alone)
        assert usage_of(guessed) == usage_of(alone)
        assert [call.arguments for call in calls_of(guessed)] == [call.arguments for call in calls_of(alone)]
        steps.append((plain.steps, eager.steps))
    assert eager.steps < plain.steps  # some were right
    assert eager.cache.used <= plain.cache.used  # and what was wrong is gone


def test_wrong_guesses_leave_no_cells(tiny_model: Model) -> None:
    class Wrong(Eager):
        pass

    eager = Desk(tiny_model)
    eager.scheduler.payoff = Wrong()
    events = eager.answer(ask("aaaaaaaaaaaa" * 20, max_tokens=60, temperature=2.0, seed=1))
    usage = usage_of(events)
    (kept,) = eager.cache.kept
    assert eager.cache.held(kept) in (usage.prompt + usage.output, usage.prompt + usage.output - 1)


def test_several_writers_do_not_guess(tiny_model: Model) -> None:
    desk = Desk(tiny_model)
    desk.scheduler.payoff = Eager()
    for nth in range(3):
        desk.begin(ask("abcabc" * 20, max_tokens=30, seed=nth, temperature=1.0))
    while len([r for r in desk.scheduler.running if not r.reading]) < 3 and desk.scheduler.running:
        desk.run(1)
    assert all(not running.guessed for running in desk.scheduler.running)
    desk.run()
    assert isinstance(desk.scheduler, Scheduler)
