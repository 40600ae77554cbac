"""An ask as real agents send it: synthetic, of the shape and the size that was seen on the wire, in every dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

RULES = "Work step by step, keep to the conventions that you find, and say what you did in a few words. "


class Said(NamedTuple):
    """A turn in parts. A "call" has the tool's name, a "result" what it gave."""

    role: Literal["user", "assistant", "call", "result"]
    parts: tuple[str, ...]


class Wrapped(NamedTuple):
    system: str
    turns: tuple[Said, ...]
    tools: tuple[str, ...] = ()


def user(*parts: str) -> Said:
    return Said("user", parts)


def assistant(text: str) -> Said:
    return Said("assistant", (text,))


LOOP = (Said("call", ("shell",)), Said("result", ("3 tests failed\n" * 200,)))
DONE = assistant("Fine, done.")


def system(first: str, size: int, last: str = "") -> str:
    return first + "\n\n# Rules\n" + RULES * (size // len(RULES)) + "\n" + last


def bare(ask: str) -> Wrapped:
    return Wrapped("", (user(ask),))


def openclaw(ask: str) -> Wrapped:
    context = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nConversation data (data, not instructions):\n"none"\n'
    return Wrapped(
        system("<!-- attempt:STABLE -->\nYou are a personal assistant running inside OpenClaw.", 36_000),
        (
            user(f"[Fri 2026-11-27 18:07 UTC] {ask}\n\nRuntime: agent=main | session=x | host=vm | os=Linux (x64)"),
            user(context + "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"),
        ),
        ("read", "write", "edit", "exec", "process", "tool_search"),
    )


def openclaw_channel(ask: str) -> Wrapped:
    info = 'Conversation info (untrusted metadata):\n```json\n{"message_id": "12", "sender": "+49"}\n```\n\n'
    sender = 'Sender (untrusted metadata):\n```json\n{"label": "Ann"}\n```\n\n'
    wrapped = openclaw("")
    return wrapped._replace(turns=(user(f"System: [2026-11-27 18:00] A device connected.\n\n{info}{sender}{ask}"),))


def claude_code(ask: str) -> Wrapped:
    reminders = (f"<system-reminder>\nThe following skills are available:\n{RULES * 40}</system-reminder>",) * 3
    return Wrapped(
        system("You are a Claude agent, built on the Claude Agent SDK.", 26_000, "gitStatus:\n?? a.py"),
        (user(*reminders, ask),),
        ("Agent", "Bash", "Edit", "Read", "Skill", "TaskCreate", "WebFetch", "Write"),
    )


def codex(ask: str) -> Wrapped:
    return Wrapped(
        system("You are a coding agent running in the Codex CLI.", 20_000),
        (
            user(f"# AGENTS.md instructions for /home/me/a b\n\n<INSTRUCTIONS>\n{RULES * 30}\n</INSTRUCTIONS>"),
            user("<environment_context>\n  <cwd>/home/me</cwd>\n  <shell>bash</shell>\n</environment_context>"),
            user(ask),
        ),
        ("exec_command", "write_stdin", "view_image", "web_search"),
    )


def codex_parts(ask: str) -> Wrapped:
    dump, context, asked = codex(ask).turns
    return codex(ask)._replace(turns=(user(*dump.parts, *context.parts), asked))


def opencode(ask: str) -> Wrapped:
    quoted = f'"{ask.replace(chr(34), chr(92) + chr(34))}"' if " " in ask else ask
    return Wrapped(
        system("You are opencode, an interactive CLI tool.", 10_000), (user(quoted),), ("bash", "edit", "glob", "read")
    )


def gemini_cli(ask: str) -> Wrapped:
    context = (
        "<session_context>\nThis is the Gemini CLI. We are setting up the context for our chat.\n"
        f"/home/me/\n├───a.py\n└───.git/...\n<loaded_context>\n{RULES * 20}</loaded_context>\n</session_context>"
    )
    return Wrapped(
        system("You are an interactive CLI agent specializing in software engineering tasks.", 33_000),
        (user(context), user(ask)),
        ("list_directory", "read_file", "replace", "run_shell_command"),
    )


def qwen_code(ask: str) -> Wrapped:
    context = (
        "This is the Qwen Code. We are setting up the context for our chat.\n"
        "Today's date is Friday, November 27, 2026.\n"
        "My operating system is: linux\nShowing up to 20 items:\n\n/home/me/\n├───a.py\n└───.git/..."
    )
    return Wrapped(
        system("You are Qwen Code, an interactive CLI agent.", 29_000),
        (user(context), assistant("Got it. Thanks for the context!"), user(ask)),
        ("agent", "skill", "read_file", "run_shell_command"),
    )


def pi(ask: str) -> Wrapped:
    first = "You are an expert coding assistant operating inside pi, a coding agent harness."
    return Wrapped(system(first, 2_600, "Current date: 2026-11-27"), (user(ask),), ("read", "bash", "edit", "write"))


def cline(ask: str) -> Wrapped:
    nag = user("[SYSTEM] This run is not complete until you call one of these terminal completion tools: submit.")
    return Wrapped(
        system("You are Cline, an AI coding agent.", 4_000),
        (user(f'<user_input mode="act">{ask}</user_input>'), nag, DONE, nag),
        ("read_files", "run_commands", "editor", "submit_and_exit"),
    )


def cline_task(ask: str) -> Wrapped:
    details = (
        f"<environment_details>\n# Visible files\na.py\n# Current time\n2026-11-27\n{RULES * 20}</environment_details>"
    )
    return Wrapped(
        system("You are Cline, a highly skilled software engineer.", 40_000),
        (user(f"<task>\n{ask}\n</task>", details),),
        ("read_file", "execute_command"),
    )


def copilot(ask: str) -> Wrapped:
    now = "<current_datetime>2026-11-27T18:07:00Z</current_datetime>"
    return Wrapped(
        system("You are the GitHub Copilot CLI, a terminal assistant.", 22_000),
        (user(f"{now}\n\n{ask}\n\n<reminder>\n{RULES}\n</reminder>"),),
        ("bash", "view", "create"),
    )


def aider(ask: str) -> Wrapped:
    rules = "To suggest changes to a file you MUST return the entire content of the updated file.\n\n" + RULES * 3
    files = "I have *added these files to the chat* so you can go ahead and edit them.\n\na.py\n```\nprint(1)\n```\n"
    return Wrapped(
        f"Act as an expert software developer.\n{RULES * 10}\n\n{rules}\n\n",
        (
            user("Change the greeting to be more casual"),
            assistant("Ok, I will."),
            user("I switched to a new code base. Please don't consider the above files."),
            assistant("Ok."),
            user("Here are summaries of some files present in my git repository.\n\nREADME.md\n"),
            assistant("Ok, I won't try and edit those files without asking first."),
            user(files),
            assistant("Ok, any changes I propose will be to those files."),
            user(f"{ask}\n\n{rules}\n\n"),
        ),
    )


WRAPPINGS: tuple[Callable[[str], Wrapped], ...] = (
    *(bare, openclaw, openclaw_channel, claude_code, codex, codex_parts, opencode, gemini_cli, qwen_code, pi),
    *(cline, cline_task, copilot, aider),
)


def chat(wrapped: Wrapped) -> dict[str, Any]:
    """The body of a chat completion."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": wrapped.system}] if wrapped.system else []
    for turn in wrapped.turns:
        if turn.role == "call":
            called = {"id": "c", "type": "function", "function": {"name": turn.parts[0], "arguments": "{}"}}
            messages.append({"role": "assistant", "content": None, "tool_calls": [called]})
        elif turn.role == "result":
            messages.append({"role": "tool", "tool_call_id": "c", "content": turn.parts[0]})
        elif len(turn.parts) == 1:
            messages.append({"role": turn.role, "content": turn.parts[0]})
        else:
            messages.append({"role": turn.role, "content": [{"type": "text", "text": part} for part in turn.parts]})
    tools = [{"type": "function", "function": {"name": name, "description": RULES}} for name in wrapped.tools]
    return {"model": "auto", "messages": messages, "tools": tools or None}


def messages(wrapped: Wrapped) -> dict[str, Any]:
    """The body of Anthropic's messages."""
    said: list[dict[str, Any]] = []
    for turn in wrapped.turns:
        if turn.role == "call":
            said.append({"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": turn.parts[0]}]})
        elif turn.role == "result":
            result = {"type": "tool_result", "tool_use_id": "c", "content": turn.parts[0]}
            said.append(
                {"role": "user", "content": [result, {"type": "text", "text": "<system-reminder>x</system-reminder>"}]}
            )
        else:
            said.append({"role": turn.role, "content": [{"type": "text", "text": part} for part in turn.parts]})
    billing = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1;"}
    return {
        "system": [billing, {"type": "text", "text": wrapped.system}] if wrapped.system else None,
        "messages": said,
        "tools": [{"name": name, "input_schema": {}} for name in wrapped.tools],
    }


def responses(wrapped: Wrapped) -> dict[str, Any]:
    """The body of OpenAI's responses."""
    items: list[dict[str, Any]] = []
    for turn in wrapped.turns:
        if turn.role == "call":
            items.append({"type": "function_call", "name": turn.parts[0], "call_id": "c", "arguments": "{}"})
        elif turn.role == "result":
            items.append({"type": "function_call_output", "call_id": "c", "output": turn.parts[0]})
        else:
            kind = "input_text" if turn.role == "user" else "output_text"
            parts = [{"type": kind, "text": part} for part in turn.parts]
            items.append({"type": "message", "role": turn.role, "content": parts})
    tools = [{"type": "function", "name": name} for name in wrapped.tools]
    return {"instructions": wrapped.system, "input": items, "tools": tools}


def gemini(wrapped: Wrapped) -> dict[str, Any]:
    """The body of `:generateContent`."""
    contents: list[dict[str, Any]] = []
    for turn in wrapped.turns:
        if turn.role == "call":
            contents.append({"role": "model", "parts": [{"functionCall": {"name": turn.parts[0], "args": {}}}]})
        elif turn.role == "result":
            contents.append({"role": "user", "parts": [{"functionResponse": {"name": "t", "response": {}}}]})
        else:
            role = "user" if turn.role == "user" else "model"
            contents.append({"role": role, "parts": [{"text": part} for part in turn.parts]})
    declared = [{"name": name} for name in wrapped.tools]
    return {
        "systemInstruction": {"parts": [{"text": wrapped.system}]} if wrapped.system else None,
        "contents": contents,
        "tools": [{"functionDeclarations": declared}] if declared else None,
    }
