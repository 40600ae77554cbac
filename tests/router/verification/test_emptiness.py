"""Answers that say nothing."""

from __future__ import annotations

from agent_router.verification.emptiness import echoes, is_empty
from tests.router.verification.asking import request, said


def test_nothing_is_empty_and_a_call_is_not() -> None:
    assert is_empty(said(""), request())
    assert is_empty(said(" \n\t"), request())
    assert not is_empty(said("0"), request())
    assert not is_empty(said("", ("f", "{}")), request())


def test_an_echo_is_the_ask_over_again_or_begins_with_the_system_prompt() -> None:
    ask = "Please summarise what was said about the invoices in the meeting of Monday."
    system = "You are the agent of a small company. Answer in one line, and only if needed."
    assert echoes(said(f"  {ask}\n"), request(ask))
    assert echoes(said(f"{system} The invoices are late."), request(ask, system=system))
    assert not echoes(said("The invoices are late."), request(ask, system=system))
    assert not echoes(said(ask), request(f"Correct the spelling: {ask}"))
    assert not echoes(said("hello"), request("hello"))
