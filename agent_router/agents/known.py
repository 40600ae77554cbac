"""All agents that `agent-router connect` knows, by name."""

from __future__ import annotations

from agent_router.agents import (
    aider,
    claude_code,
    cline,
    codex,
    continue_,
    env,
    gemini,
    llm,
    openclaw,
    opencode,
    pi,
    qwen,
)
from agent_router.agents.agent import Agent

_MODULES = (openclaw, claude_code, codex, opencode, gemini, qwen, pi, cline, aider, continue_, llm, env)
AGENTS: dict[str, Agent] = {module.AGENT.name: module.AGENT for module in _MODULES}
