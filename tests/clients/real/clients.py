"""All clients that are driven, in the order of the table."""

from __future__ import annotations

from tests.clients.real import (
    aider,
    anthropic,
    claude_code,
    cline,
    codex,
    continue_cli,
    copilot,
    gemini_cli,
    hermes_agent,
    langchain_openai,
    llm,
    open_interpreter,
    openai,
    openai_agents,
    openclaw,
    opencode,
    pi,
    pydantic_ai,
    qwen_code,
    smolagents,
)
from tests.clients.real.client import Client

CLIENTS: tuple[Client, ...] = (
    openclaw.CLIENT,
    claude_code.CLIENT,
    codex.CLIENT,
    opencode.CLIENT,
    gemini_cli.CLIENT,
    qwen_code.CLIENT,
    pi.CLIENT,
    cline.CLIENT,
    aider.CLIENT,
    llm.CLIENT,
    openai_agents.CLIENT,
    pydantic_ai.CLIENT,
    langchain_openai.CLIENT,
    smolagents.CLIENT,
    openai.CLIENT,
    anthropic.CLIENT,
)

OTHERS: tuple[Client, ...] = (
    continue_cli.CLIENT,
    copilot.CLIENT,
    hermes_agent.CLIENT,
    open_interpreter.CLIENT,
)
"""Those that are run only when they are named."""
