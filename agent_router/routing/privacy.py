"""The privacy guard: which requests never leave the machine. It fails closed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from agent_router.config import Routing
from agent_router.routing.task import Task


class Privacy:
    """`[routing] privacy` and `local_only`, and the caller's own demand.

    An entry of `local_only` with a slash, a backslash, a tilde or a wildcard is a path pattern: a request whose text
    holds a matching path is private. Anything else is an agent's name.
    """

    def __init__(self, routing: Routing) -> None:
        self._everything = routing.privacy == "local-only"
        entries = routing.local_only
        self._agents = {entry.lower() for entry in entries if not _is_path(entry)}
        self._paths = _pattern([entry for entry in entries if _is_path(entry)])

    def reason(self, task: Task, raw: bytes) -> str | None:
        """Why the request is private, in a few words; None if it is not."""
        if self._everything:
            return "privacy is local-only"
        if task.private:
            return "the caller demands local-only"
        if task.agent is not None and task.agent in self._agents:
            return f"agent {task.agent} is local-only"
        if self._paths is not None and self._paths.search(_plain(raw)):
            return "a path in the request is local-only"
        return None


def _is_path(entry: str) -> bool:
    return any(mark in entry for mark in "/\\~*?")


def _plain(raw: bytes) -> str:
    """The body's text as a path stands in it: JSON's escapes of slashes and other characters undone."""
    text = raw.decode("utf-8", "replace")
    if "\\" not in text:
        return text
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), text)
    return text.replace("\\/", "/").replace("\\\\", "\\")


def _pattern(entries: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for all path patterns: `*` and `?` stay within a folder, `**` goes on; a pattern matches
    whatever lies below it, and `~` both as it stands and as the home folder."""
    expressions = []
    for entry in entries:
        variants = {entry, os.path.expanduser(entry)} if entry.startswith("~") else {entry}
        for variant in variants:
            piece = re.escape(variant.rstrip("/"))
            piece = piece.replace(r"\*\*", ".*").replace(r"\*", r"[^/\\\s\"']*").replace(r"\?", r"[^/\\\s\"']")
            expressions.append(piece + r"(?![\w-])" if re.match(r".*[\w-]$", variant) else piece)
    return re.compile("|".join(expressions), re.IGNORECASE) if expressions else None
