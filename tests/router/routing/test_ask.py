"""The ask, out of a conversation."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.ask import ask
from agent_router.routing.prompt import Prompt, Role, Turn

ASK = "Fix the failing test, please."
CONTEXT = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nsessions: none\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"


def turns(*texts: str, role: Role = "user") -> tuple[Turn, ...]:
    return tuple(Turn(role, text) for text in texts)


def prompt(*parts: tuple[Turn, ...], system: str = "") -> Prompt:
    return Prompt(system=system, turns=sum(parts, ()))


CALL = (Turn("assistant", ""), Turn("tool", ""))


def test_turns_without_an_ask_are_passed_over() -> None:
    found = ask(prompt(turns("earlier", ASK, CONTEXT, "<system-reminder>x</system-reminder>", "  ")))
    assert found == (ASK, 1, 2, "earlier", False)


def test_in_a_tool_loop_the_ask_is_the_one_that_began_it() -> None:
    began = ask(prompt(turns("earlier"), turns("Fine.", role="assistant"), turns(ASK, CONTEXT)))
    step = ask(prompt(turns("earlier"), turns("Fine.", role="assistant"), turns(ASK), CALL, turns(CONTEXT)))
    further = ask(prompt(turns("earlier"), turns("Fine.", role="assistant"), turns(ASK), CALL * 40, turns(CONTEXT)))
    assert (began.answered, step.answered, further.answered) == (False, True, True)
    assert began[:4] == step[:4] == further[:4] == (ASK, 2, 2, "earlier")


def test_a_result_may_come_as_a_turn_of_the_user() -> None:
    calling = turns("Calling tools:\n[]", role="assistant")
    began = ask(prompt(turns(f"New task:\n{ASK}")))
    step = ask(prompt(turns(f"New task:\n{ASK}"), calling, turns("Observation:\na.py")))
    assert began == (ASK, 0, 1, ASK, False)
    assert step == (ASK, 0, 1, ASK, True)
    after = ask(prompt(turns(f"New task:\n{ASK}"), calling, turns("Observation:\na.py\nNew task:\nAnd the docs?")))
    assert after == ("And the docs?", 2, 2, ASK, False)


def test_after_an_answer_the_loop_is_over() -> None:
    assert not ask(prompt(turns(ASK), CALL, turns("Done.", role="assistant"), turns("[SYSTEM] Go on."))).answered
    found = ask(prompt(turns(ASK), CALL, turns("Done.", role="assistant"), turns("Thanks. And the docs?")))
    assert (found.text, found.number, found.answered) == ("Thanks. And the docs?", 2, False)


def test_an_examples_asks_do_not_count() -> None:
    example = turns("Change the greeting."), turns("Ok.", role="assistant"), turns("I switched to a new code base. Ok?")
    assert ask(prompt(*example, turns(ASK)))[1:4] == (3, 1, ASK)


def test_no_user_turn_is_no_ask() -> None:
    assert ask(Prompt(system="You are.")) == ("", -1, 0, "", False)
    assert ask(prompt(turns("Hello.", role="assistant"))).text == ""


def test_where_nobody_asks_the_last_turn_of_the_agent_is_better_than_nothing() -> None:
    assert ask(prompt(turns("<files>a</files>", "<system-reminder>b</system-reminder>", " "))).text == (
        "<system-reminder>b</system-reminder>"
    )


@given(st.lists(st.tuples(st.sampled_from(("user", "assistant", "tool")), st.text(max_size=40)), max_size=12))
def test_any_conversation_has_at_most_as_many_asks_as_user_turns(said: list[tuple[Role, str]]) -> None:
    found = ask(prompt(tuple(Turn(*each) for each in said)))
    assert found.number <= sum(role == "user" for role, _ in said)
    assert (found.at >= 0) == bool(found.text) == bool(found.number)
    further = ask(prompt(tuple(Turn(*each) for each in said), CALL))
    assert further[:4] == found[:4]


def test_a_thousand_turns_of_blocks_are_not_all_read() -> None:
    began = time.perf_counter()
    assert ask(prompt(tuple(Turn("user", f"<files>{i}</files>" * 900) for i in range(20_000)))).at == 19_999
    assert time.perf_counter() - began < 3
