"""The privacy guard: which requests never leave the machine. It fails closed."""

from __future__ import annotations

import re

from agent_router.routing.path_pattern import PathPattern, readable, spellings
from agent_router.routing.task import Task
from agent_router.settings import Routing


class Privacy:
    """`[routing] privacy` and `local_only`, and the caller's own demand.

    An entry of `local_only` with a slash, a backslash, a tilde or a wildcard is a path pattern: a request whose text
    holds a matching path is private. Anything else is an agent's name; with a dot in it, it may be either.
    """

    def __init__(self, routing: Routing) -> None:
        self._everything = routing.privacy == "local-only"
        self._agents = [_agent_name(entry) for entry in routing.local_only if not _is_path(entry)]
        paths = [entry for entry in routing.local_only if _is_path(entry) or "." in entry]
        self._patterns = [PathPattern(form) for form in sorted({form for entry in paths for form in spellings(entry)})]

    def reason(self, task: Task, raw: bytes) -> str | None:
        """Why the request is private, in a few words; None if it is not."""
        if self._everything:
            return "privacy is local-only"
        if task.private:
            return "the caller demands local-only"
        if task.agent is not None and any(_is_agent(task.agent, entry) for entry in self._agents):
            return f"agent {task.agent} is local-only"
        if self._patterns and task.opaque:
            return "its tokens cannot be searched for local-only paths"
        if self._patterns:
            text = readable(raw)
            if any(pattern.matches(text) for pattern in self._patterns):
                return "a path in the request is local-only"
        return None


def _is_path(entry: str) -> bool:
    return any(mark in entry for mark in "/\\~*?")


def _agent_name(entry: str) -> str:
    return re.sub(r"[\s_]+", "-", entry.strip().lower())


def _is_agent(agent: str, entry: str) -> bool:
    """`claude` stands for `claude-code` as well, and `codex-cli` for `codex`."""
    agent = _agent_name(agent)
    return f"{agent}-".startswith(f"{entry}-") or f"{entry}-".startswith(f"{agent}-")
