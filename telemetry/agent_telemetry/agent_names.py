"""One name for an agent, whether it was seen by its requests or by its log."""

from __future__ import annotations

from typing import Final

AGENT_NAMES: Final = {
    "claude-code": "claude",
    "gemini-cli": "gemini",
    "hermes-agent": "hermes",
    "kilo-code": "kilo",
    "qwen-code": "qwen",
    "roo-code": "roo",
}


def agent_name(told: str | None) -> str | None:
    """The name by which the ledger has an agent."""
    return AGENT_NAMES.get(told, told) if told is not None else None
