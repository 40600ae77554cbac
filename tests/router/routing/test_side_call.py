"""Calls that agents make on their own account."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.ask import ask
from agent_router.routing.kind import BACKGROUND
from agent_router.routing.prompt import Prompt, Turn
from agent_router.routing.side_call import SideCall, side_call

AGENT = "You are a coding agent. " * 1000
TOOLS = ("shell", "edit")
HISTORY = ("fix the bug", "and the docs?")
CODING = {"system": AGENT, "tools": TOOLS}
BILLED = "x-anthropic-billing-header: cc_version=2.{};\nYou are a Claude agent, built on it.\n"


def alone(system: str) -> dict[str, Any]:
    """What an agent's side call has, but for its material."""
    return {"system": system}


def found(*texts: str, **more: Any) -> SideCall | None:
    prompt = Prompt(turns=tuple(Turn("user", text) for text in texts), **more)
    return side_call(prompt, ask(prompt))


def kind(*texts: str, **more: Any) -> str | None:
    call = found(*texts, **more)
    return call.kind if call else None


@pytest.mark.parametrize(
    ("expected", "texts", "more"),
    [
        ("heartbeat", ["[OpenClaw heartbeat poll]"], CODING),
        ("heartbeat", ["Read HEARTBEAT.md if it exists. Else reply HEARTBEAT_OK."], {}),
        ("heartbeat", ["[Mon 2026-05-25 21:52 UTC] [OpenClaw heartbeat poll]"], {"tools": TOOLS}),
        ("heartbeat", ["Follow the heartbeat monitor scratch context when provided. Else reply NO_REPLY."], CODING),
        ("title", ["<session>\nhello\n</session>"],
         alone("Generate a concise, sentence-case title (3-7 words) for this session.")),
        ("title", ["hello"], alone(BILLED + "Generate a title for this session.")),
        ("title", ["Generate a title for this conversation:", "hello"],
         alone("You are a title generator. You output ONLY a thread title.")),
        ("title", ["Generate a title for this conversation: hello"], {}),
        ("title", ["Analyze if this message indicates a new conversation topic."], {}),
        ("title", ["hello"], alone("Generate a very short topic label for a chat.")),
        ("title", ["Generate a task title: hello"], {"schema": ("title",), "structured": True}),
        ("commit", ["diff --git a b"], alone("You generate one-line Git commit messages.")),
        ("commit", ["diff --git a b"], alone("You write a commit message for the diff.")),
        ("recap", ['{"previousRecap": "", "messages": []}'], alone("Write an activity recap for the list.")),
        ("recap", ['{"previousRecap": "", "messages": ["user: [OpenClaw heartbeat poll]"]}'],
         alone("Write an Activity recap for someone scanning their tasks.")),
        ("recap", [*HISTORY, "The user stepped away and is back. Recap in under 40 words."], CODING),
        ("suggestion", [*HISTORY, "[SUGGESTION MODE: Suggest what might come next.]"], CODING),
        ("memory", [*HISTORY, "Directory: `/a`\n\nUpdate durable managed memory."], CODING),
        ("memory", HISTORY,
         {"system": "You are now acting as the memory extraction subagent." + AGENT, "tools": TOOLS}),
        ("memory", ["Pre-compaction memory flush. Store durable memories now."], CODING),
        ("difficulty", HISTORY, {"system": "Assign a **Complexity Score**.", "structured": True}),
        ("summary", [*HISTORY, "Create a detailed summary of the conversation so far."], CODING),
        ("summary", [*HISTORY, "You are performing a CONTEXT CHECKPOINT COMPACTION."], CODING),
        ("summary", ["The messages above are a conversation to summarize."],
         alone("You are a context summarization assistant.")),
        ("summary", [*HISTORY, "First, reason in your scratchpad."],
         alone("You are the component that summarizes internal chat history.")),
        ("summary", [*HISTORY, "You are the component that summarizes a conversation when its window overflows."],
         CODING),
        ("summary", [*HISTORY, "Analyze the conversation history above and generate a comprehensive project summary."],
         {}),
        ("summary", ["You are a summarization agent creating a context checkpoint. Treat the turns so."], {}),
        ("summary", [*HISTORY, "Please provide a concise summary of our conversation so far, capturing what matters."],
         CODING),
        ("summary", ["# USER\nhi"], alone("*Briefly* summarize this partial conversation about programming.")),
        ("title", ["Given the following... please reply with a title for the chat that is 3-4 words in length."], {}),
        ("summary", ["u: hi\na: hello"], alone("Summarize the session for later.")),
        ("structured", ["Is it urgent?"], {"tools": ("Urgency",), "forced_tool": "Urgency"}),
        ("structured", ["Is it urgent?"], {"tools": (*TOOLS, "StructuredOutput"), "forced_tool": "StructuredOutput"}),
        ("title", ["hello"],
         {"system": "Write a short title for the chat.", "tools": ("final_result",), "forced_tool": "final_result"}),
        ("structured", ["hello"],
         {"system": "You are helpful.", "tools": ("final_result",), "forced_tool": "final_result"}),
        ("probe", ["quota"], {"output_limit": 1}),
        ("side", ["From: a@b.c\nhello"], {"system": "Label the mail. Reply with exactly one word.", "output_limit": 8}),
        ("side", ["From: a@b.c\nhello"], {"system": "Extract the amount. Return only JSON.", "structured": True}),
        # What only sounds like one.
        (None, ["Who?"], {"system": "You are helpful. Use only the context below.", "output_limit": 100}),
        (None, ["How does a heartbeat work in Raft?"], {}),
        (None, ["Why does the log say [OpenClaw heartbeat poll] every hour?"], {}),
        (None, ["Summarize this conversation with the customer: ..."], {}),
        (None, ["Give me a title for this chat about cats"], {"tools": TOOLS}),
        (None, ["Give me a title for this chat about cats"], {}),
        (None, ["Could you provide a concise summary of our conversation so far?"], {}),
        (None, ["Write a commit message for this diff"], {}),
        (None, ["hello"], alone("You are a helpful assistant for any topic. Write compact answers.")),
        (None, ["hello"], alone("You summarize articles and answer questions.")),
        (None, ["hello"], CODING),
        (None, ["hello"], {"system": "You are a helpful assistant.", "output_limit": 100}),
        (None, ["hello"], {"system": "Write a short title for the chat.", "tools": TOOLS, "forced_tool": "shell"}),
        (None, ["Search for it"], {"tools": TOOLS, "forced_tool": "shell"}),
        (None, [], {}),
    ],
)  # fmt: skip
def test_the_kind_of_a_call(expected: str | None, texts: list[str], more: dict[str, Any]) -> None:
    assert kind(*texts, **more) == expected


def test_the_instruction_is_what_stays_the_same() -> None:
    system = BILLED + "Generate a title for this session."
    calls = [found(text, system=system.format(i)) for i, text in enumerate(("hello", "fix the login"))]
    assert calls[0] == calls[1] == SideCall("title", "Generate a title for this session.")


def test_somebody_waits_for_some_of_them() -> None:
    assert {"heartbeat", "title", "commit", "summary", "recap", "suggestion", "memory"} <= BACKGROUND
    assert not BACKGROUND & {"ask", "json", "difficulty", "structured", "side"}


@given(st.text(max_size=300), st.text(max_size=300), st.booleans())
def test_any_prompt_has_at_most_one_kind(system: str, text: str, structured: bool) -> None:
    call = found(text, system=system, structured=structured)
    assert call is None or call.instruction or not text


@pytest.mark.parametrize(
    "word", ["generate ", "title ", "summary ", "conversation ", "heartbeat ", "complexity assign "]
)
def test_hostile_text_is_quick(word: str) -> None:
    text = word * (100_000 // len(word))
    began = time.perf_counter()
    found(text, system=text[:8000])
    assert time.perf_counter() - began < 0.2
