"""The kinds of requests in words; `agent_router.routing.kind` says what each is."""

from __future__ import annotations

from agent_dashboards.shown_name import name

_WORDS = {
    "ask": "Turns",
    "check": "Checks",
    "commit": "Commit messages",
    "difficulty": "Difficulty",
    "embedding": "Embeddings",
    "heartbeat": "Heartbeats",
    "json": "JSON answers",
    "memory": "Memories",
    "probe": "Probes",
    "recap": "Recaps",
    "side": "Side calls",
    "structured": "Filled-in forms",
    "suggestion": "Suggestions",
    "summary": "Summaries",
    "title": "Titles",
}


def task_words(kind: str) -> str:
    """Its name in the plural; a kind that is not known here has its own."""
    return _WORDS.get(kind) or name(kind, 40)
