"""Answers that go round in circles."""

from __future__ import annotations

import pytest

from agent_models.completion import Signals
from agent_router.verification.repetition import loops
from tests.router.verification.asking import request, said


@pytest.mark.parametrize(
    "text",
    [
        "It is " + "very " * 200,
        "The disk is full. " * 40,
        "ab" * 500,
        "\n".join(["I will now check the next file for you."] * 30),
        "是的" * 200,
    ],
)
def test_circles_are_seen(text: str) -> None:
    assert loops(said(text), request())


@pytest.mark.parametrize(
    "text",
    [
        "ha ha ha ha",
        "-" * 300,
        "\n".join(f"- item number {i} of the list" for i in range(60)),
        "| a | b |\n|---|---|\n" + "| x | yes |\n" * 14,
        "0," * 300,
        "<li>x</li>\n" * 20,
        "\n".join(f"2026-11-27 10:{i:02} INFO worker finished job" for i in range(50)),
    ],
)
def test_lists_tables_and_lines_are_none(text: str) -> None:
    assert not loops(said(text), request())


def test_what_the_engine_noticed_goes_before_and_arguments_are_looked_at() -> None:
    answer = said("All is well.")
    answer.signals = Signals(looped=True)
    assert loops(answer, request())
    assert loops(said("", ("f", '{"text": "' + "again and " * 100)), request())
