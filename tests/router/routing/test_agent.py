"""Which agent sends a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.agent import agent, session


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (b"claude-cli/2.1.329 (external, cli)", "claude-code"),
        (b"OpenClaw/2026.9.6", "openclaw"),
        (b"codex_cli_rs/0.169.0 (Linux; x86_64)", "codex"),
        (b"opencode/1.18.33", "opencode"),
        (b"GeminiCLI/0.61.0/auto (linux; x64)", "gemini-cli"),
        (b"QwenCode/0.24.4 (linux; x64)", "qwen-code"),
        (b"OpenAI/Python 3.52.0", "openai-python"),
        (b"AsyncOpenAI/Python 3.52.0", "openai-python"),
        (b"Anthropic/JS 0.50", "anthropic-js"),
        (b"Agents/Python 0.24.0", "openai-agents"),
        (b"Agents/JavaScript 0.3.0", "openai-agents"),
        (b"pydantic-ai/2.62.0", "pydantic-ai"),
        (b"pi/0.87.1", "pi"),
        (b"curl/8.5.0", "curl"),
        (b"  Hermes-Agent 3", "hermes-agent"),
        (b"(none)", None),
        (b"", None),
        (b"\xff\xfe", None),
    ],
)
def test_by_its_user_agent(user_agent: bytes, name: str | None) -> None:
    assert agent({b"user-agent": user_agent}) == name


def test_what_the_user_set_goes_first_then_the_originator() -> None:
    headers = {b"user-agent": b"OpenAI/Python 3.5", b"originator": b"codex_cli_rs"}
    assert agent(headers) == "codex"
    assert agent(headers | {b"x-agent-router-agent": b"Nightly-Report"}) == "nightly-report"


def test_a_name_that_is_none_does_not_hide_the_agent() -> None:
    assert agent({b"x-agent-router-agent": b"!!!", b"user-agent": b"claude-cli/2"}) == "claude-code"


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("You are a personal assistant running inside OpenClaw.", "openclaw"),
        ("You are Claude Code, Anthropic's official CLI for Claude.", "claude-code"),
        ("You are a coding agent running in the Codex CLI.", "codex"),
        ("You are opencode, an interactive CLI tool.", "opencode"),
        ("You are Qwen Code, an interactive CLI agent.", "qwen-code"),
        ("You are an expert coding assistant operating inside pi, a coding agent harness.", "pi"),
        ("You are a coding assistant running inside pi, a coding agent harness.", "pi"),
        ("You are Cline, an AI coding agent.", "cline"),
        ("Summarize the provided coding session into a concise continuation note.", "cline"),
        ("Write an Activity recap for someone scanning their tasks: what was done here.", "openclaw"),
        ("Act as an expert software developer.", "aider"),
        ("*Briefly* summarize this partial conversation about programming.", "aider"),
        ("You are a helpful assistant that can interact with a computer.", "mini-swe-agent"),
        ("You are an expert assistant who can solve any task using code blobs.", "smolagents"),
        ("You are helpful.", "openai-js"),
        ("", "openai-js"),
    ],
)
def test_behind_a_library_its_system_prompt_tells(system: str, name: str) -> None:
    assert agent({b"user-agent": b"OpenAI/JS 6.26.0"}, system) == name
    assert agent({b"user-agent": b"pi/0.87"}, system) == "pi"
    assert agent({b"user-agent": b"ls/JS 5.23.2"}, system) == name.replace("openai-js", "ls")


def test_without_a_system_prompt_its_own_call_tells() -> None:
    headers = {b"user-agent": b"OpenAI/Python 2.24.0"}
    own = "You are a summarization agent creating a context checkpoint. Treat the turns below as material."
    assert agent(headers, opening=own) == "hermes-agent"
    assert agent(headers, "You are Cline.", opening=own) == "cline"
    assert agent(headers, opening=f"Somebody wrote: {own}") == "openai-python"


def test_a_library_is_better_than_nothing() -> None:
    assert agent({b"originator": b"!", b"user-agent": b"ai-sdk/openai-compatible/3.0"}, "hello") == "ai-sdk"
    assert agent({}, "You are Cline.") == "cline"
    assert agent({}, "hello") is None


@given(st.binary())
def test_a_name_is_short_and_plain(value: bytes) -> None:
    for header in (b"x-agent-router-agent", b"originator", b"user-agent"):
        name = agent({header: value * 3})
        assert name is None or (0 < len(name) <= 40 and name.isascii() and name.isprintable() and " " not in name)


def test_a_session_is_the_same_here_and_different_elsewhere() -> None:
    headers = {b"session-id": b"0198-secret"}
    assert session(headers, b"salt" * 8) == session(headers, b"salt" * 8)
    assert session(headers, b"salt" * 8) != session(headers, b"tlas" * 8)
    assert session(headers, b"salt" * 8) != session({b"session-id": b"0199"}, b"salt" * 8)
    assert "secret" not in str(session(headers, b"s"))
    assert session({b"session-id": b""}, b"s") is None
    assert session({}, b"") is None
