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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_router.errors import ConfigError
from agent_router.paths import LEDGER, data_path
from agent_telemetry.today import Part, Today, today

NOTHING = "agent-router: nothing yet"
_LONGEST_REASON = 60  # characters
_MOST_INPUT = 1_000_000


def main(*, short: bool = False) -> None:
    """Print the line for what stands on standard input, or the few words for a shell."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(segment() if short else line(given()))  # noqa: T201
    except Exception:  # a status line that shows a traceback helps nobody
        print("" if short else "agent-router: no figures")  # noqa: T201


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
        return _words(found, data) if found is not None else NOTHING
    except ConfigError:
        return NOTHING
    except (OSError, sqlite3.Error):
        return "agent-router: the ledger cannot be read"


def segment() -> str:
    """A few words for a shell's prompt or a bar: today's open share of output tokens, and what was billed, or would
    have been (~). Empty where there is nothing to say."""
    try:
        data = data_path()
        found = today(data / LEDGER, _midnight())
    except (ConfigError, OSError, sqlite3.Error):
        return ""
    figures = _figures(found, data) if found is not None else None
    if figures is None or not figures["requests"]:
        return ""
    words = f"open {figures['open']:.0%}"
    if figures["billed"]:
        return f"{words} · {_dollars(figures['billed'])}"
    return f"{words} · ~{_dollars(figures['equivalent'])}" if figures["equivalent"] else words


def figures() -> dict[str, Any]:
    """Today for programs: requests, shares from 0 to 1 (`open` of output tokens, `own_machine` of requests), tokens
    that closed models took, and money in micro-dollars, `billed` None where nothing is known. ConfigError, OSError and
    sqlite3.Error."""
    data = data_path()
    return _figures(today(data / LEDGER, _midnight()) or Today([], None), data)


def _figures(found: Today, data: Path) -> dict[str, Any]:
    is_open = _openness(data, found.parts)
    requests, output = sum(part.answered for part in found.parts), sum(part.output for part in found.parts)
    opened = sum((part.output if output else part.answered) for part in found.parts if is_open(part))
    closed = [part for part in found.parts if not part.own and not is_open(part)]
    billed = [part.billed for part in found.parts if part.billed is not None]
    return {
        "requests": requests,
        "open": opened / (output or requests) if requests else 0.0,
        "own_machine": sum(part.answered for part in found.parts if part.place == "device") / requests
        if requests
        else 0,
        "closed_tokens": sum(part.tokens for part in closed),
        "closed_billed": _sum(closed),
        "billed": sum(billed) if billed else None,
        "equivalent": sum(part.equivalent for part in found.parts if not part.own),
    }


def _sum(parts: list[Part]) -> int | None:
    known = [part.billed for part in parts if part.billed is not None]
    return sum(known) if known or not any(part.tokens for part in parts) else None


def _openness(data: Path, parts: list[Part]) -> Callable[[Part], bool]:
    """Whether a part's model has open weights. The catalogue is only loaded where a name must be looked up in it."""
    if not any(part.model for part in parts):
        return lambda part: False
    from agent_models.catalogue import Catalogue

    catalogue = Catalogue.load(data / "catalogue.yaml")
    return lambda part: part.model is not None and catalogue.openness(part.model) == "open"


def _midnight() -> int:
    now = time.localtime()
    return int(time.mktime((now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0, 0, 0, -1)) * 1000)


def _session(said: str, data: Path) -> tuple[str, str] | None:
    """The session's two names in the ledger: hashed with the installation's salt, and as it is."""
    try:
        id = json.loads(said).get("session_id")
        salt = (data / "salt").read_bytes()
    except (ValueError, AttributeError, OSError, RecursionError):
        return None
    if not isinstance(id, str) or not id:
        return None
    from agent_router.routing.agent import session

    return session({}, salt, id) or id, id


def _words(found: Today, data: Path) -> str:
    now = _figures(found, data)
    parts = []
    if now["requests"]:
        parts.append(f"{now['own_machine']:.0%} on this machine today")
    if now["closed_tokens"]:
        money = f", {_dollars(now['closed_billed'])}" if now["closed_billed"] is not None else ""
        parts.append(f"closed {_short(now['closed_tokens'])} tokens{money}")
    elif now["requests"]:
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
