"""All agents that `agent-router connect` knows, by name."""

from __future__ import annotations

from agent_router.agents import claude_code, codex, opencode
from agent_router.agents.agent import Agent

AGENTS: dict[str, Agent] = {each.AGENT.name: each.AGENT for each in (claude_code, codex, opencode)}
