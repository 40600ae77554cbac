"""The same ask is the same family, bare and in every agent's wrapping, in every language and dialect."""

from __future__ import annotations

import gc
import json
import math
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from agent_router.routing.families import Families
from agent_router.routing.ladder import Ladder
from agent_router.routing.prompt import Prompt
from agent_router.routing.task import Task, prompted
from agent_router.settings import Routing
from agent_router.wire.chat import prompt as chat
from agent_router.wire.chat.body import read
from agent_router.wire.gemini import prompt as gemini
from agent_router.wire.messages import prompt as messages
from agent_router.wire.responses import prompt as responses
from tests.router.routing import wrappings
from tests.router.routing.asks import ASKS, TEMPLATES
from tests.router.routing.bodies import SALT
from tests.router.routing.wrappings import DONE, LOOP, WRAPPINGS, Wrapped, user

DIALECTS: dict[str, Callable[[Wrapped], Prompt]] = {
    "chat": lambda wrapped: chat.prompt(read(json.dumps(wrappings.chat(wrapped)).encode())),
    "messages": lambda wrapped: messages.prompt(wrappings.messages(wrapped)),
    "responses": lambda wrapped: responses.prompt(wrappings.responses(wrapped)),
    "gemini": lambda wrapped: gemini.prompt(wrappings.gemini(wrapped)),
}


def task(wrapped: Wrapped, dialect: str = "chat") -> Task:
    return prompted(DIALECTS[dialect](wrapped), "auto", True, 0, {}, SALT)


@pytest.mark.parametrize("language", ASKS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_family_is_the_same_in_every_wrapping(dialect: str, language: str) -> None:
    differing = [
        (wrap.__name__, ask)
        for ask in ASKS[language]
        for wrap in WRAPPINGS
        if task(wrap(ask), dialect).family != task(wrappings.bare(ask)).family
        or task(wrap(ask), dialect).asked.ask != ask
    ]
    assert differing == []


@pytest.mark.parametrize("language", ASKS)
@pytest.mark.parametrize("teacher", ["bare", "openclaw"])
def test_the_route_that_was_earned_in_one_wrapping_is_taken_in_every_other(language: str, teacher: str) -> None:
    """Half of the asks are learnt to be answered well, half badly, all in one wrapping."""
    families, ladder = Families(SALT), Ladder(Routing(), lambda: 0.99)
    taught = getattr(wrappings, teacher)
    asks = ASKS[language]
    for _ in range(30):
        for number, ask in enumerate(asks):
            known = families.known(task(taught(ask)), "m")
            assert known.reading is not None
            families.learn("m", known.reading, float(number % 2 == 0), 0.92)
    routes = {
        (wrap.__name__, number): ladder.decide(families.known(task(wrap(ask)), "m")).route
        for wrap in WRAPPINGS
        for number, ask in enumerate(asks)
    }
    wrong = [key for key, route in routes.items() if route != ("local" if key[1] % 2 == 0 else "closed")]
    assert len(wrong) <= 0.05 * len(routes), wrong


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_a_long_ask_stays_as_well(wrap: Callable[[str], Wrapped]) -> None:
    ask = (
        "Find the mistake in this log:\n" + "\n".join(f"<line {i}> a < b" for i in range(4000)) + "\nWhich line is it?"
    )
    assert task(wrap(ask)).asked.ask == task(wrappings.bare(ask)).asked.ask
    assert task(wrap(ask)).asked.ask.endswith("\nWhich line is it?")


@pytest.mark.parametrize("language", ASKS)
def test_different_asks_are_different_families(language: str) -> None:
    asks = ASKS[language]
    assert len({task(wrappings.bare(ask)).family.name for ask in asks}) == len(asks)
    assert {task(wrappings.bare(ask)).kind for ask in asks} == {"ask"}


@pytest.mark.parametrize(("template", "filled"), TEMPLATES)
def test_what_fills_a_template_does_not_matter(template: str, filled: tuple[tuple[str, ...], ...]) -> None:
    families = {task(wrap(template.format(*slots))).family for slots in filled for wrap in WRAPPINGS}
    assert len(families) == 1


@pytest.mark.parametrize("wrap", WRAPPINGS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tool_loop_is_one_turn_of_one_conversation(dialect: str, wrap: Callable[[str], Wrapped]) -> None:
    first = wrap("Fix the failing test.")
    step = first._replace(turns=first.turns[: _asks_at(first) + 1] + LOOP + first.turns[_asks_at(first) + 1 :])
    if wrap is wrappings.cline:  # whose reminders come after answers only
        step = first._replace(turns=(*first.turns[:1], *LOOP))
    further = step._replace(turns=(*step.turns, *LOOP, *LOOP))
    tasks = [task(each, dialect) for each in (first, step, further)]
    assert [each.continuation for each in tasks] == [False, True, True]
    assert [each.asks for each in tasks] == [1, 1, 1]
    for one, other in pairwise(tasks):
        assert (one.turn, one.conversation, one.family) == (other.turn, other.conversation, other.family)
    again = task(
        further._replace(turns=(*further.turns, DONE, *wrap("And the docs?").turns[_asks_at(first) :])), dialect
    )
    assert (again.conversation, again.asks, again.continuation) == (tasks[0].conversation, 2, False)
    assert again.turn != tasks[0].turn
    assert again.family != tasks[0].family


def _asks_at(wrapped: Wrapped) -> int:
    return next(i for i, turn in enumerate(wrapped.turns) if any("failing" in part for part in turn.parts))


def test_another_conversation_is_another() -> None:
    tasks = [task(wrappings.pi(ask)) for ask in ("Fix the failing test.", "Fix the docs.")]
    assert tasks[0].conversation != tasks[1].conversation
    headers = {b"session-id": b"s"}
    turns = (user("Fix the failing test."), DONE, user("Thanks."))
    one = prompted(DIALECTS["chat"](Wrapped("", turns)), "auto", False, 0, headers, SALT)
    cut = prompted(DIALECTS["chat"](Wrapped("", turns[1:])), "auto", False, 0, headers, SALT)
    assert one.conversation == cut.conversation


def test_the_agent_is_known_by_its_wrapping() -> None:
    known = {wrap.__name__: task(wrap("hello")).agent for wrap in WRAPPINGS}
    assert known.pop("bare") is None
    assert all(name.startswith(str(agent).replace("-", "_")) for name, agent in known.items())


def test_the_time_for_a_request_of_100_kb_is_a_small_part_of_a_millisecond() -> None:
    for wrapped in (
        wrappings.openclaw("x <b>y</b> \n" * 7000),
        wrappings.claude_code("Fix it.")._replace(turns=wrappings.claude_code("Fix it.").turns * 10),
        wrappings.codex("Fix it.")._replace(turns=wrappings.codex("Fix it.").turns + LOOP * 40),
    ):
        prompt = DIALECTS["chat"](wrapped)
        spent = []
        for i in range(100):
            began = time.perf_counter()
            prompted(prompt, "auto", True, 0, {}, b"%d" % i)
            spent.append(time.perf_counter() - began)
        # 0.1 to 0.3 ms on an idle machine; the bound is for a loaded one.
        assert sorted(spent)[len(spent) // 2] < 1.5e-3


def test_the_time_grows_with_the_request_and_not_faster() -> None:
    def seconds(turns: int) -> float:
        prompt = Prompt(turns=DIALECTS["responses"](Wrapped("", (user("<files>x</files>"), *LOOP) * turns)).turns)
        gc.collect()  # what other tests left behind
        began = time.thread_time()  # not that of threads which they left behind
        prompted(prompt, "auto", True, 0, {}, SALT)
        return time.thread_time() - began

    small = min(seconds(500) for _ in range(3))
    assert min(seconds(16_000) for _ in range(2)) < 32 * small * 8 + 0.2
    assert math.isfinite(small)
