"""The ask, out of what agents wrap around it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.ask import ask, system_prompt, unfenced
from agent_router.wire.chat.body import ChatBody, MessageIn, read
from tests.router.routing.bodies import body

ASK = "Fix the failing test, please."
LONG = "context that nobody asked " * 1500  # 39 kB


@pytest.mark.parametrize(
    "wrapped",
    [
        ASK,
        f"<system-reminder>\n{LONG}</system-reminder>\n{ASK}",
        f"<system-reminder>a</system-reminder><system-reminder>b</system-reminder>\n\n{ASK}\n",
        f"<environment_context>\n  <cwd>/x</cwd>\n</environment_context>\n{ASK}",
        f"{ASK}\n<current_datetime>2026-11-21T07:00:00Z</current_datetime>",
        f"<session_context>\nfiles:\n- a\n- b\n</session_context>{ASK}",
        f"<metadata source=\"telegram\">x</metadata>{ASK}",
        f"<internal-context>x</internal-context>{ASK}<internal_context>y</internal_context>",
        f"<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nx\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>\n{ASK}",
        f"Conversation info (untrusted metadata):\n```json\n{{\"a\": 1}}\n```\n\n{ASK}",
        f"[Mon 2026-05-25 21:52 GMT+8] {ASK}",
        f"<task>\n{ASK}\n</task>\n<environment_details>\n# Files\na.py\n</environment_details>",
        f"<file_tree>\n{LONG}</file_tree>\n<files>\n<file path=\"a\">{LONG}</file>\n</files>\n{ASK}",
        [{"type": "text", "text": f"<system-reminder>{LONG}</system-reminder>"}, {"type": "text", "text": ASK}],
        [{"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "text", "text": ASK}],
    ],
)  # fmt: skip
def test_the_ask_is_found_in_every_wrapping(wrapped: object) -> None:
    assert ask(body(wrapped)) == ASK


def test_turns_without_an_ask_are_passed_over() -> None:
    fenced = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nsessions: none\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"
    assert ask(body("earlier", ASK, fenced, "<system-reminder>x</system-reminder>", "  ")) == ASK


def test_in_a_tool_loop_the_ask_is_the_one_that_began_it() -> None:
    messages = [
        {"role": "user", "content": ASK},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "the output"},
    ]
    assert ask(read(json.dumps({"model": "auto", "messages": messages}).encode())) == ASK


def test_no_user_turn_is_no_ask() -> None:
    assert ask(body(system="You are.")) == ""
    assert ask(ChatBody()) == ""


def test_a_fence_that_is_not_closed_hides_nothing() -> None:
    assert unfenced(f"<system-reminder>{ASK}") == f"<system-reminder>{ASK}"
    assert ASK in unfenced(f"<metadata><files>x</files>{ASK}")


def test_other_tags_stay() -> None:
    assert unfenced("<b>bold</b> and <metadatas>x</metadatas>") == "<b>bold</b> and <metadatas>x</metadatas>"


def test_of_a_very_long_message_both_ends_are_looked_at() -> None:
    found = ask(body(f"Compare these. {LONG * 4} Now answer."))
    assert found.startswith("Compare these.")
    assert found.endswith("Now answer.")
    assert len(found) < 10_000


def test_the_system_prompt_is_the_first_of_its_kind() -> None:
    assert system_prompt(body(ASK, system="You are.")) == "You are."
    developer = {"model": "m", "messages": [{"role": "developer", "content": "You are."}]}
    assert system_prompt(read(json.dumps(developer).encode())) == "You are."
    assert system_prompt(body(ASK)) == ""


@given(st.text(), st.text(alphabet="<>/system-reminder filest\n"))
def test_nothing_makes_it_fail_and_fences_go_whatever_stands_around(text: str, odd: str) -> None:
    unfenced(text + odd)
    if "<" not in text and "[" not in text and "untrusted" not in text:
        assert unfenced(f"<system-reminder>{odd.replace('<', '')}</system-reminder>{text}") == text.strip()


@pytest.mark.parametrize(
    "hostile",
    [
        "<metadata>",
        "<",
        "<files></files>",
        "<system-reminder ",
        "[",
        "(untrusted):\n```\n",
        "<<<BEGIN_A_CONTEXT>>>",
        "</task>",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(hostile: str) -> None:
    def seconds(size: int) -> float:
        text = hostile * (size // len(hostile))
        began = time.perf_counter()
        unfenced(text)
        return time.perf_counter() - began

    small = min(seconds(50_000) for _ in range(3))
    assert seconds(1_600_000) < 32 * small * 8 + 0.2  # quadratic would be 1,024 times as long


def test_a_thousand_turns_of_fences_are_not_all_read() -> None:
    turn = MessageIn(role="user", content="<files></files>" * 900)
    began = time.perf_counter()
    assert ask(ChatBody(model="auto", messages=[turn] * 20_000)) == ""
    assert time.perf_counter() - began < 3
