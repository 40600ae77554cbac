"""Answers that decline."""

from __future__ import annotations

import pytest

from agent_router.verification.refusal import refuses
from tests.router.verification.asking import request, said
from tests.router.verification.text_corpus import REFUSALS


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_known_in_eight_languages(text: str) -> None:
    assert refuses(said(text), request("Summarise this note."))


@pytest.mark.parametrize(
    "text",
    [
        "I can't find any TODO in this file.",
        "I couldn't reproduce the failure; all 12 tests pass.",
        "Sorry for the delay: the build is green.",
        "Unfortunately the flag was removed in 2.0.",
        "No urgent items.",
        "You cannot disable it.",
        "Leider ist der Server noch nicht wieder da.",
        "No puedo encontrar el archivo config.toml en el repositorio.",
        "没有需要处理的事项。",
        "Sorry, I couldn't find any TODO in this file.",
        "Unfortunately, I can't find a match for 'frobnicate' in the repository.",
        "I'm sorry, but I don't see any failing test in this log.",
    ],
)
def test_what_is_missing_in_the_material_is_an_answer(text: str) -> None:
    assert not refuses(said(text), request("Look through the file."))


@pytest.mark.parametrize(
    "ask",
    [
        "Sorry to bother you, what is two plus two?",
        "Leider habe ich die Frage vergessen, was ist zwei plus zwei?",
        "Hi, sorry, which line is it?",
        "抱歉打扰一下，这是什么？",
    ],
)
def test_a_polite_ask_excuses_no_refusal(ask: str) -> None:
    assert refuses(said("I'm sorry, but I can't help with that."), request(ask))


@pytest.mark.parametrize(
    "ask",
    [
        "Which label fits? The text: we are sorry that the app crashes.",
        "Fasse zusammen: Leider kam die Lieferung zu spät.",
        "Reply with one word: the customer says that they can't log in.",
        "Write a title for: unfortunately the trip was cancelled",
    ],
)
def test_an_ask_that_speaks_of_something_sorry_excuses_no_refusal_of_all(ask: str) -> None:
    assert refuses(said("I'm sorry, but I can't assist with that request."), request(ask))


def test_who_is_asked_for_a_text_that_is_there_has_not_read_it() -> None:
    text = "Please provide the text you would like me to summarise."
    assert refuses(said(text), request("Summarise this: " + "the supplier was late again. " * 10))
    assert not refuses(said(text), request("Can you summarise something?"))


def test_the_bundled_models_own_words() -> None:
    assert refuses(said("I am a small bundled model and cannot answer that well. A larger model can."), request())
    assert not refuses(said("I am agent-router's small bundled model. I do narrow, repeated tasks."), request())


def test_to_write_a_refusal_is_no_refusing() -> None:
    text = "I'm sorry, but I can't make it on Friday."
    assert refuses(said(text), request("When do we meet?"))
    assert not refuses(said(text), request("Write a polite refusal of the invitation."))
    assert not refuses(said(text + " The rest of a long letter." * 40), request("When do we meet?"))
