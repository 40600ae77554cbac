"""What the table says of a turn, and that it says so of what missed the bar."""

from __future__ import annotations

from typing import Any

from tests.clients.faults.page import MOST, table


def cells(fault: str, direct: dict[str, Any] | None, routed: dict[str, Any] | None) -> str:
    found = {way: each for way, each in (("direct", direct), ("routed", routed)) if each is not None}
    rows = table({"Codex": {fault: found}}).splitlines()
    return next(row for row in rows if row.startswith(f"| {fault} |")).split("|")[2].strip()


def turn(requests: int = 3, seconds: float | None = 5.4, told: int = 1, *, answered: bool = False) -> dict[str, Any]:
    return {"requests": requests, "seconds": seconds, "told": told, "answered": answered}


def test_a_failing_turn_that_is_told_and_no_storm_is_within_the_bar() -> None:
    assert cells("503", turn(30, 25.0, 0), turn()) == "30, 25 s → 3, 5 s, told 1x"
    assert cells("503", turn(30, None, 0), turn(MOST, None, 2)) == f"30, … → {MOST}, …, told 2x"
    assert cells("503", None, None) == "? → ?"


def test_a_storm_and_a_user_who_is_told_nothing_are_not() -> None:
    assert cells("503", turn(), turn(MOST + 1)).endswith(f"**{MOST + 1}, 5 s, told 1x**")
    assert cells("503", turn(), turn(told=0)).endswith("**3, 5 s, told 0x**")


def test_a_fault_that_passes_is_to_end_in_an_answer() -> None:
    assert cells("one 503", turn(2, answered=True), turn(2, answered=True)) == "2, 5 s → 2, 5 s"
    assert cells("one 503", turn(2, answered=True), turn(2)) == "2, 5 s → **2, no answer**"
