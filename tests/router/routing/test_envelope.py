"""What agents put around what is asked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.envelope import unwrapped

ASK = "Fix the failing test, please."
LONG = "context that nobody asked " * 1500  # 39 kB
RULES = "To suggest changes to a file you MUST return its whole content.\n\nReply in English, and in nothing else."


@pytest.mark.parametrize(
    "wrapped",
    [
        ASK,
        f"<system-reminder>\n{LONG}</system-reminder>\n{ASK}",
        f"<system-reminder>a</system-reminder><system-reminder>b</system-reminder>\n\n{ASK}\n",
        f"<system_reminder>{LONG}</system_reminder>\n{ASK}<system_reminder>{LONG}</system_reminder>",
        f"<environment_context>\n  <cwd>/x</cwd>\n</environment_context>\n{ASK}",
        f"{ASK}\n<current_datetime>2026-11-21T07:00:00Z</current_datetime>",
        f"<session_context>\nfiles:\n- a\n- b\n</session_context>{ASK}",
        f"<metadata source=\"telegram\">x</metadata>{ASK}",
        f"<internal-context>x</internal-context>{ASK}<internal_context>y</internal_context>",
        f"<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nx\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>\n{ASK}",
        f"Conversation info (untrusted metadata):\n```json\n{{\"a\": 1}}\n```\n\n{ASK}",
        f"Sender (untrusted metadata):\n```json\n{{}}\n```\n\nChat history since last reply (untrusted, for context):\n"
        f"```json\n[]\n```\n\n{ASK}",
        f"[Mon 2026-05-25 21:52 GMT+8] {ASK}",
        f"System: [2026-05-25 21:52:01] A device connected.\nSystem (untrusted): [2026-05-25 21:53] x\n\n{ASK}",
        f"[Telegram Ann id:7 +2m 2026-05-25 21:52 UTC] {ASK}\n[message_id: 123]",
        f"[Fri 2026-11-27 18:07 UTC] {ASK}\n\nRuntime: agent=main | session=x | host=vm | os=Linux (x64)",
        f"<task>\n{ASK}\n</task>\n<environment_details>\n# Files\na.py\n</environment_details>",
        f"The user has answered:\n<feedback>\n{ASK}\n</feedback>\n<environment_details>x</environment_details>",
        f"<user_input mode=\"act\">{ASK}</user_input>",
        f"<mode_notice>act</mode_notice><user_input mode=\"act\">{ASK}</user_input>",
        f"<open_and_recently_viewed_files>\na\n</open_and_recently_viewed_files>\n<user_query>\n{ASK}\n</user_query>",
        f"# AGENTS.md instructions for /a/b\n\n<INSTRUCTIONS>\n{LONG}\n</INSTRUCTIONS>\n{ASK}",
        f"<user_instructions>\n{LONG}\n</user_instructions>\n{ASK}",
        f"<file_tree>\n{LONG}</file_tree>\n<files>\n<file path=\"a\">{LONG}</file>\n</files>\n{ASK}",
        f"{ASK}\n\n{RULES}",
        f"{ASK}\n\n# *SEARCH/REPLACE block* Rules:\n\nEvery block must have a path.",
        f"\"{ASK}\"",
        f"New task:\n{ASK}",
        f"Please solve this issue: {ASK}\n\nYou can execute bash commands and edit files to implement the necessary "
        "changes.\n\n## Recommended Workflow\n\nThis workflow should be done step-by-step.",
        f"Observation:\na.py\nNew task:\n{ASK}",
        f"Error:\nReached max steps.\nNow let's retry: take care not to repeat previous errors!\n\nNew task:\n{ASK}",
        f"Observation:\nNew task:\nx\nNew task:\n{ASK}",
    ],
)  # fmt: skip
def test_the_ask_is_left_of_every_wrapping(wrapped: str) -> None:
    assert unwrapped(wrapped) == ASK


@pytest.mark.parametrize(
    "turn",
    [
        "",
        "  \n",
        "<system-reminder>x</system-reminder>",
        "[SYSTEM] This run is not complete until you call one of these terminal completion tools: submit.",
        "I have *added these files to the chat* so you can go ahead and edit them.\n\na.py\n```\nprint(1)\n```",
        "This is the Qwen Code. We are setting up the context for our chat.\nMy operating system is: linux",
        "# AGENTS.md instructions for /a/b\n\n<INSTRUCTIONS>\nbe brief\n</INSTRUCTIONS>",
        "[Request interrupted by user for tool use]",
        "I spoke to you previously about a number of things.\nI asked you to fix it.",
        "Observation:\na.py",
        "Tool call error:\n\n<error>\nNo tool calls found in the response.\n</error>",
        "Call id: 1\nError:\nno such file\nNow let's retry: take care not to repeat previous errors!",
    ],
)
def test_a_turn_without_an_ask_is_empty(turn: str) -> None:
    assert unwrapped(turn) == ""


def test_an_error_that_somebody_pastes_is_asked() -> None:
    assert unwrapped("Error:\nno such file\nWhy?") == "Error:\nno such file\nWhy?"


def test_what_repeats_the_end_of_the_system_prompt_is_not_asked() -> None:
    rules = (
        "Rules of this house:\n\nEvery answer is a list of files, and each of them is given whole.\nReply in English."
    )
    assert (
        unwrapped(f"{ASK}\n\nIn Python.\n\n{rules}\n", f"You are an engineer.\n\n{rules}\n\n") == f"{ASK}\n\nIn Python."
    )
    assert unwrapped(f"{ASK}\n\n{rules}", "You are.") == f"{ASK}\n\n{rules}"


@pytest.mark.parametrize("ask", ["[10:30] Ann: hello\n[10:31] Bob: bye", '"two words"', "<b>x</b> y"])
def test_what_an_agent_does_to_an_ask_is_undone_even_where_a_person_did_it(ask: str) -> None:
    quoted = ask.replace('"', '\\"')
    assert unwrapped(f'"{quoted}"') == unwrapped(f"[Fri 2026-11-27 18:07 UTC] {ask}") == unwrapped(ask)


def test_a_block_that_is_not_closed_hides_nothing() -> None:
    assert unwrapped(f"<system-reminder>{ASK}") == f"<system-reminder>{ASK}"
    assert ASK in unwrapped(f"<metadata><files>x</files>{ASK}")


@pytest.mark.parametrize(
    "text",
    [
        "<context>a</context><instructions>Say what it is.</instructions>",
        "<b>bold</b> and <metadatas>x</metadatas>",
        "Is <T> a type?",
        "Reply to <email_content>hello</email_content> about <order_details>2 pens</order_details>",
        'Translate "good morning" to French',
        '"a b" and "c d"',
        "[x] done, [ ] not done: sort these",
        "# A title\nTranslate it",
    ],
)
def test_what_a_person_writes_stays(text: str) -> None:
    assert unwrapped(text) == text


def test_of_a_very_long_ask_both_ends_are_kept() -> None:
    found = unwrapped(f"Compare these. {LONG * 4} Now answer.")
    assert found.startswith("Compare these.")
    assert found.endswith("Now answer.")
    assert len(found) < 10_000


@given(st.text(), st.text(alphabet="<>/system-reminder filest\n"))
def test_nothing_makes_it_fail_and_blocks_go_whatever_stands_around(text: str, odd: str) -> None:
    unwrapped(text + odd, odd)
    if not set('<[#"') & set(text) and "untrusted" not in text and not text.strip().startswith(("System", "New")):
        assert unwrapped(f"<system-reminder>{odd.replace('<', '')}</system-reminder>{text}") == text.strip()


@given(st.text(max_size=400))
def test_what_is_unwrapped_stays_as_it_is(text: str) -> None:
    once = unwrapped(text)
    assert unwrapped(f"<system-reminder>x</system-reminder>\n{once}") in (once, unwrapped(once))


@pytest.mark.parametrize(
    "hostile",
    [
        "<metadata>",
        "<",
        "<a",
        "<a-a_",
        "<a_reminder>",
        "<files></files>",
        "<system-reminder ",
        "[",
        "(untrusted):\n```\n",
        "<<<BEGIN_A_CONTEXT>>>",
        "</task>",
        "</user_query><user_query>",
        "\n\n",
        "\nRuntime: agent=",
        "System: [a]\n",
        "[1:11]",
        "<task>",
        "<task></task>",
        "# a instructions for b\n",
        '"',
        '\\"',
    ],
)
def test_hostile_text_costs_no_more_than_its_length(hostile: str) -> None:
    def seconds(size: int) -> float:
        text = hostile * (size // len(hostile))
        began = time.perf_counter()
        unwrapped(text, text)
        return time.perf_counter() - began

    small = min(seconds(50_000) for _ in range(3))
    assert seconds(1_600_000) < 32 * small * 8 + 0.2  # quadratic would be 1,024 times as long
