"""The line under Claude Code's prompt: today's share of this machine, what went to closed APIs, and where this
session's last request went, and why.

Claude Code runs it after each answer and waits for it, so that it loads next to nothing, reads the ledger only, and
never fails loudly. Source: Claude Code's documentation, "Customize your status line": JSON on standard input.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import time
from typing import Any

from agent_router.errors import ConfigError
from agent_router.paths import LEDGER, data_path
from agent_telemetry.today import Today, today

NOTHING = "agent-router: nothing yet"
_LONGEST_REASON = 60  # characters
_MOST_INPUT = 1_000_000


def main() -> None:
    """Print the line for what stands on standard input."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(line(given()))  # noqa: T201
    except Exception:  # a status line that shows a traceback helps nobody
        print("agent-router: no figures")  # noqa: T201


def given() -> str:
    """What stands on standard input; nothing where that is a terminal, or not there."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read(_MOST_INPUT).decode(errors="replace")


def line(said: str) -> str:
    """The line for Claude Code's JSON, of which only the session's id is looked at; any other text is as none."""
    try:
        data = data_path()
        found = today(data / LEDGER, _midnight(), _session(said, data))
    except ConfigError:
        return NOTHING
    except (OSError, sqlite3.Error):
        return "agent-router: the ledger cannot be read"
    return _words(found) if found is not None else NOTHING


def _midnight() -> int:
    now = time.localtime()
    return int(time.mktime((now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0, 0, 0, -1)) * 1000)


def _session(said: str, data: Any) -> str | None:
    """The session as the ledger has it: hashed with the installation's salt."""
    try:
        id = json.loads(said).get("session_id")
        salt = (data / "salt").read_bytes()
    except (ValueError, AttributeError, OSError, RecursionError):
        return None
    if not isinstance(id, str) or not id:
        return None
    from agent_router.routing.agent import session

    return session({}, salt, id)


def _words(found: Today) -> str:
    parts = []
    if found.answered:
        parts.append(f"{found.here / found.answered:.0%} on this machine today")
    if found.closed_tokens:
        money = f", {_dollars(found.closed_billed)}" if found.closed_billed is not None else ""
        parts.append(f"closed {_short(found.closed_tokens)} tokens{money}")
    elif found.answered:
        parts.append("nothing closed")
    if found.last is not None:
        reason = "".join(each for each in found.last.reason or "" if each.isprintable())
        if len(reason) > _LONGEST_REASON:
            reason = reason[: _LONGEST_REASON - 1].rstrip() + "…"
        route = found.last.route or found.last.status
        parts.append(f"last {route}: {reason}" if reason else f"last {route}")
    return "agent-router: " + " · ".join(parts) if parts else f"{NOTHING} today"


def _short(tokens: int) -> str:
    """`950`, `48.3k`, `1.2M`."""
    if tokens < 1000:
        return str(tokens)
    return f"{tokens / 1000:.1f}k" if tokens < 999_950 else f"{tokens / 1_000_000:.1f}M"


def _dollars(micro: int) -> str:
    return f"${micro / 1_000_000:.2f}" if micro >= 10_000 or not micro else f"${micro / 1_000_000:.4f}"
