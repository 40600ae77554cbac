"""All agents that `agent-router connect` knows, by name."""

from __future__ import annotations

from agent_router.agents import claude_code, codex, env, gemini, openclaw, opencode, pi, qwen
from agent_router.agents.agent import Agent

AGENTS: dict[str, Agent] = {
    each.AGENT.name: each.AGENT for each in (openclaw, claude_code, codex, opencode, gemini, qwen, pi, env)
}
