"""Families: the same ask in the same form."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing import family as families
from agent_router.routing.family import Family
from agent_router.wire.chat.body import ChatBody
from agent_router.wire.chat.prompt import prompt
from tests.router.routing.bodies import SALT, TOOLS, body


def family(asked: ChatBody, salt: bytes) -> Family:
    return families.family(prompt(asked), salt)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("heartbeat", body("[OpenClaw heartbeat poll]", system="x" * 40_000, tools=TOOLS)),
        ("title", body("hello", system="You are a title generator. You output ONLY a thread title.")),
        ("json", body("Is it urgent?", response_format={"type": "json_object"})),
        ("ask", body("Fix the bug.", tools=TOOLS)),
        ("ask", body("Why is the sky blue?")),
        ("ask", body(system="x" * 5000)),
    ],
)
def test_the_kind_of_a_request(kind: str, given: ChatBody) -> None:
    assert family(given, SALT).kind == kind


@pytest.mark.parametrize(
    "wrapped",
    [
        "Summarise my 12 unread mails since 2026-11-21",
        "summarise my 99 unread mails  since Tuesday, 3 March 2027",
        "<system-reminder>remember</system-reminder>\nSummarise my 12 unread mails since 2026-11-21",
        "<environment_context><cwd>/a</cwd></environment_context>Summarise my 3 unread mails since 2020",
        "[Mon 2026-05-25 21:52 GMT+8] Summarise my 3 unread mails since 2020",
    ],
)
def test_the_same_ask_is_the_same_family_bare_and_wrapped(wrapped: str) -> None:
    bare = family(body("Summarise my 12 unread mails since 2026-11-21", tools=TOOLS), SALT)
    assert family(body("earlier", wrapped, system="s" * 20_000, tools=TOOLS), SALT).name == bare.name


def test_a_side_calls_material_does_not_matter() -> None:
    system = "Generate a short title for the conversation."
    one, other = family(body("Login broken", system=system), SALT), family(body("Buy milk", system=system), SALT)
    assert one.name == other.name


def test_different_asks_differ() -> None:
    asks = ["Summarise my mails", "Delete my mails", "Write a poem", "Why is the sky blue?", "Fix the bug"]
    assert len({family(body(ask), SALT).name for ask in asks}) == len(asks)
    assert family(body(asks[0]), SALT).name == family(body(asks[0], tools=TOOLS), SALT).name


def test_the_label_says_in_common_words_what_is_asked() -> None:
    assert family(body("Summarize the email from Ann Miller in 3 sentences"), SALT).label == (
        "summarize the email from … in … sentences"
    )
    assert family(body("hunter2 swordfish"), SALT).label == "…"


@given(st.text(min_size=12))
def test_the_name_holds_no_text_and_means_nothing_elsewhere(text: str) -> None:
    found = family(body(text), SALT)
    assert re.fullmatch(r"[a-z]+-[0-9a-f]{8}", found.name)
    assert found.name == family(body(text), SALT).name
    assert found.name != family(body(text), SALT[::-1]).name


@pytest.mark.parametrize(
    ("patterns", "listed"),
    [
        (["heartbeat-*"], True),
        (["*"], True),
        (["title-*", "heart*"], True),
        (["[OpenClaw heartbeat poll]"], True),
        (["[OPENCLAW heartbeat"], True),
        (["[OpenClaw heartbeat*"], True),
        (["title-*"], False),
        (["poll"], False),
        (["op"], False),
        ([""], False),
        ([], False),
    ],
)
def test_families_are_listed_by_name_or_by_how_they_begin(patterns: list[str], listed: bool) -> None:
    assert family(body("[OpenClaw heartbeat poll]"), SALT).listed(patterns) is listed


def test_a_listed_beginning_is_masked_like_the_ask() -> None:
    assert family(body("Label ticket #451: 'printer on fire'"), SALT).listed(["Label ticket #1:"])
    assert not family(body("Label the ticket"), SALT).listed(["Label ticket #1:"])


def test_an_agents_body_of_88_kb_costs_microseconds() -> None:
    asked = body(
        f"<system-reminder>{'lorem ipsum < dolor ' * 800}</system-reminder>\nFix the bug in src/main.py, line 42.",
        system="You are a coding agent. " * 2200,
        tools=TOOLS,
    )
    began = time.perf_counter()
    for i in range(200):
        family(asked, b"%d" % i)  # a salt of its own, so that nothing is remembered
    # About 30 µs on an idle machine; the bound is for a loaded one, and still excludes reading the whole body.
    assert (time.perf_counter() - began) / 200 < 1e-3
