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
INTERNAL = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nnone\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"
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
        ("summary", HISTORY, alone("*Briefly* summarize this partial conversation about programming.\nBe short.")),
        ("summary", ["u: hi"], alone("Summarize the provided coding session into a concise continuation note.")),
        ("summary", HISTORY, alone("You distil chat history into a structured XML <state_snapshot>. Be exact.")),
        ("summary", [*HISTORY, "You are the component that summarizes a conversation when it is long."], CODING),
        ("summary", [*HISTORY, "Please look at it and generate a comprehensive project summary in markdown format."],
         {"system": AGENT}),
        ("summary", [*HISTORY, "Please give a concise summary of our conversation so far, with key decisions, what was "
                     "done and where it stands. Write it as one message that keeps everything needed, so that after "
                     "compaction you can continue exactly where you left off without missing any of the information."],
         CODING),
        # A turn of its own says that it is a heartbeat, then what the user has configured, then what nobody asked.
        ("heartbeat", ["[Sat 2026-11-28 01:07 UTC] [OpenClaw heartbeat poll]\n\nRuntime: agent=main | os=Linux",
                       "Look at the inbox, and say NO_REPLY if there is nothing.", INTERNAL], CODING),
        ("heartbeat", ["Follow the heartbeat monitor scratch context when provided. Else reply NO_REPLY.", INTERNAL],
         CODING),
        ("title", ["[Sat 2026-11-28 01:07 UTC] Based on this conversation, generate a short 1-2 word filename slug."],
         {"system": AGENT}),
        ("title", ["Generate a concise, single-line task title of at most 36 characters.\n\nUser prompt:\nhello"],
         {"system": AGENT}),
        ("title", ["Given the following... please reply with a title for the chat that is 3-4 words.\n\nhello"], {}),
        ("title", ["Conversation so far: hello"],
         {"system": "Generate a title for this session.", "tools": ("respond_in_schema",)}),
        ("title", ["### Task:\nGenerate a concise, 3-5 word title for the chat.\n### History\nhello"], {}),
        ("recap", ["exec_command: ok"], alone("Write a summary label describing what these tool calls did.")),
        ("recap", ["working"], alone("You write the live status line for an AI assistant.")),
        # What it is about sounds like another of its kind.
        ("recap", ['{"previousRecap":"","messages":["user: [OpenClaw heartbeat poll]"]}'],
         alone("Write an Activity recap for the list.")),
        ("title", ["Create a detailed summary of the conversation so far."], alone("Generate a title for this chat.")),
        ("memory", [*HISTORY, "You are now acting as the memory extraction subagent. Look at them."], CODING),
        ("memory", ["Consolidate the supplied rollout summaries into `memory_summary.md`."], {"system": AGENT}),
        ("memory", ["Managed memory has TWO directories."], CODING),
        ("memory", ["query: hello"], alone("You are selecting memories that will be useful to an assistant.")),
        ("memory", ["fragments"], alone("You are keeping a dream diary. Write a single entry.")),
        ("memory", ["..."], alone("Choose how to incorporate each candidate into MEMORY.md. Return JSON.")),
        ("memory", ["..."], {"system": "You are part of an agent memory system. Return JSON.", "structured": True}),
        ("check", [*HISTORY, "Analyze *only* your immediately preceding response. Who goes on?"],
         {"tools": ("respond_in_schema",)}),
        ("check", [*HISTORY, "Based on the conversation transcript above, has the following stop condition been met?"],
         alone("You are evaluating a hook. Return JSON.")),
        ("check", ["rm -rf /"], alone("You are a safety reviewer of one pending command. Return one JSON object.")),
        ("check", ["..."], {"system": "You are a security monitor for autonomous coding agents.", "structured": True}),
        ("check", HISTORY, {"system": "Determine whether an assistant is stuck in a loop.", "structured": True}),
        ("check", ["yes please"], {"system": "You classify a message about a pending change.", "output_limit": 8}),
        ("check", ["Command: ls"], alone("Process Bash commands that an AI coding agent wants to run.")),
        ("check", ["..."], {"system": "You diagnose whether an AI is stuck. You are a diagnostic agent.",
                            "structured": True}),
        ("check", ["..."], {"system": "You are judging one planned coding-agent action.", "tools": TOOLS}),
        ("summary", ["u: hi"], alone("You are a helpful AI assistant tasked with summarizing conversations.")),
        ("summary", ["Summarize the following tool output to be a maximum of 2000 tokens. It was: ..."], {}),
        ("title", ["hello"], alone("You are an expert in crafting pithy titles for chatbot conversations.")),
        ("probe", ["Reply with OK. Do not use tools."], {}),
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
        (None, ["[OpenClaw heartbeat poll]", "[Sat 2026-11-28 01:09 UTC] What is the weather?"], CODING),
        (None, [], {}),
    ],
)  # fmt: skip
def test_the_kind_of_a_call(expected: str | None, texts: list[str], more: dict[str, Any]) -> None:
    assert kind(*texts, **more) == expected


# Of chats and of people's own programs: each speaks of what agents' own calls are about.
CHATS = (
    "",
    "You are a helpful assistant. Answer concisely.",
    "You are a customer support agent for Acme. Classify the user's request silently and answer politely.",
    "You are a senior code reviewer. Review the code that the user pastes, check it for bugs and safety.",
    "You are a writing coach. Suggest titles for the user's blog posts and improve their summaries.",
    "You are a personal assistant. Use the saved memories below to answer. Memories: likes tea.",
    "You summarize articles and answer questions about them. Keep the context of the chat in mind.",
    "You are an SRE assistant. Decide with the user which commands to run, and evaluate the risk of each action.",
    "You are a tutor. Extract what the student knows and rate the difficulty of exercises you give.",
    "You are a meeting assistant. Given a transcript, write minutes. Review the action items at the end.",
    "You are an assistant with long-term memory. Save important facts to memory by mentioning them.",
    "You are a helpful assistant for our chat. When the conversation gets long, offer a summary.",
    "You are a coach. At the end of each session, give a short recap in one sentence, if the user wants it.",
    "You are an expert in heart rhythm. Explain heartbeat sounds.",
)
ASKS = (
    "Give me a title for this chat about plants.",
    "Generate a title for my essay about the conversation between Galileo and the Pope, only the title.",
    "Please generate a short slug for this blog post: ten things about cats",
    "Write a commit message for that change.",
    "Summarize our conversation so far in two sentences.",
    "Summarize the session notes below in a table.\n" + "Ann: hello. Bob: we should ship on Friday. " * 30,
    "Can you summarize this conversation between me and my landlord?\n" + "Me: it is cold. Him: on Monday. " * 40,
    "I need a summary of our chat history feature. Here is the spec:\n" + "The history is kept for ninety days. " * 20,
    "Suggest what the user might type next in a search box for recipes.",
    "Our prompt should tell it to predict what the user will type next. Please write that prompt. " * 5,
    "[2026-11-28 10:00] heartbeat of server 12 was late, why?",
    "Follow the heartbeat of the song and clap",
    "Read HEARTBEAT.md and tell me what it says",
    "Analyze your preceding response for mistakes",
    "Who should speak next at the meeting, Tom or Ida?",
    "Is this command safe? ls -la. Answer yes or no.",
    "Classify the complexity of sorting a list, from 1 to 10.",
    "Extract the facts worth remembering from my notes",
    "Update the managed memory settings of the JVM in docker-compose.yml",
    "Consolidate the three rollout plans into one document",
    "Based on this conversation, write the README",
    "Reply only with OK, nothing else.",
)


@pytest.mark.parametrize("system", CHATS)
@pytest.mark.parametrize("tools", [(), TOOLS])
@pytest.mark.parametrize("earlier", [(), ("hello there",)])
def test_what_people_ask_is_no_side_call(system: str, tools: tuple[str, ...], earlier: tuple[str, ...]) -> None:
    asked = [text for text in ASKS if kind(*earlier, text, system=system, tools=tools)]
    assert asked == []


def test_what_an_agent_says_itself_goes_first() -> None:
    prompt = Prompt(turns=(Turn("user", "hello"),), **CODING)
    assert side_call(prompt, ask(prompt), "summary") == SideCall("summary", "hello")


def test_the_instruction_is_what_stays_the_same() -> None:
    system = BILLED + "Generate a title for this session."
    calls = [found(text, system=system.format(i)) for i, text in enumerate(("hello", "fix the login"))]
    assert calls[0] == calls[1] == SideCall("title", "Generate a title for this session.")


def test_somebody_waits_for_some_of_them() -> None:
    assert {"heartbeat", "title", "commit", "summary", "recap", "suggestion", "memory"} <= BACKGROUND
    assert not BACKGROUND & {"ask", "json", "difficulty", "check", "structured", "side"}


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
