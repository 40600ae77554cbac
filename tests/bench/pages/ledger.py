"""Ledgers of a million calls for the pages: as users have them, and as nobody should."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Literal

from agent_telemetry.learned import FamilyRow, Learned, Move
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import statements
from agent_telemetry.sums import summed_together

ROWS: Final = 1_000_000
Shape = Literal["usual", "even", "day", "proxied", "imported"]
SHAPES: Final[tuple[Shape, ...]] = ("usual", "even", "day", "proxied", "imported")
"""usual: sessions of one agent and model each, half of them by the router, in some families more than in others. even:
any time of a year, model, agent, place and family as likely as any other. day: the same within a day. proxied: all by
the router, local or escalated. imported: all from logs, half of them copies of what the router has."""

BEGIN: Final = 1_764_000_000_000  # milliseconds since 1970; November 2025
YEAR_MS: Final = 365 * 86_400_000
_AGENTS: Final = ("claude", "codex", "openclaw", "opencode", "gemini", "pi", "aider", "cline", "goose", "qwen")
_KINDS: Final = ("title", "summary", "ask", "json", "compact", "heartbeat", "topic", "embedding", "tool", "greeting")
_PLACES: Final = ("hosted", "device", "lan", "subscription", None)
_MODELS: Final = (
    *(f"gpt-5.{minor}{size}" for minor in range(1, 6) for size in ("", "-mini")),
    *(f"claude-{name}-4-{minor}" for name in ("opus", "sonnet", "haiku") for minor in range(1, 6)),
    *(f"qwen3-coder:{size}b" for size in (30, 480)),
    *("glm-4.6", "gpt-oss-20b", "gpt-oss-120b", "deepseek-v3.2", "kimi-k2-0905", "devstral-small-2", "gemma3:27b"),
    *("llama3.3:70b", "mistral-small:latest", "qwen2.5:0.5b", "phi4", "<script>alert(1)</script>", "nobody-knows-me"),
)
_STATUSES: Final = ("ok",) * 60 + ("error", "cancelled", "cut", "error")
_PROBLEMS: Final = ("empty", "repeats", "format", "two samples differ", "language")
_COLUMNS: Final = (
    *("source", "key", "time", "agent", "session", "family", "model", "provider", "place", "route", "reason", "wire"),
    *("status", "attempts", "input", "cache_read", "cache_write", "output", "reasoning", "billed", "equivalent"),
    *("avoided", "latency_ms", "decision", "duplicate"),
)
FAMILIES: Final = tuple(f"{_KINDS[i % len(_KINDS)]}-{i:08x}" for i in range(400))


def million(path: Path, shape: Shape = "usual", rows: int = ROWS, seed: int = 1) -> None:
    """Make a ledger, the same each time: 30 to 60 s for a million rows."""
    draw = random.Random(seed)
    made = _calls(shape, rows, draw)
    with closing(open_ledger(path)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        sql = f"INSERT INTO calls ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
        with summed_together(conn):
            conn.executemany(sql, made)
        _learned(conn, draw)
        _trials(conn)
        conn.execute("COMMIT")


def _calls(shape: Shape, rows: int, draw: random.Random) -> Iterator[tuple[Any, ...]]:
    when: Callable[[int], int]
    if shape == "usual":
        sessions = rows // 200 + 1
        when = lambda i: BEGIN + i // 200 * YEAR_MS // sessions + i % 200 * 40_000  # noqa: E731
    else:
        span = 86_400_000 if shape == "day" else YEAR_MS
        when = lambda i: BEGIN + int(draw.random() * span)  # noqa: E731
    for i in range(rows):
        bits = draw.getrandbits(90)
        bits, few = divmod(bits, 1 << 16)
        bits, more = divmod(bits, 1 << 16)
        bits, cost = divmod(bits, 90_000)
        if shape == "usual":
            session = i // 200
            place = ("hosted", "hosted", "hosted", "device", "lan")[session % 5]
            agent, model = _AGENTS[session % 7], _MODELS[(session * 7 + (few % 5 == 0)) % 40]
            family = FAMILIES[min(few * more >> 23, 399)]
            proxied = session % 2 == 0
        else:
            session = bits % 5_000
            bits, agent = bits // 5_000, _AGENTS[bits % 10]
            bits, model = bits // 10, _MODELS[bits % 40]
            bits, place = bits // 40, _PLACES[bits % 5]
            bits, family = bits // 5, FAMILIES[bits % 400]
            proxied = shape == "proxied" or (shape != "imported" and few % 2 == 0)
        status = _STATUSES[more % 64]
        route, problem = None, None
        if proxied:
            route = "local" if place in ("device", "lan") else "closed"
            problem = _PROBLEMS[more % 5] if route == "closed" and few % 16 == 0 else None
        known = {"guard": None, "verified": problem or ("ok" if route == "local" else None), "threshold": 0.9}
        figures = (few % 9000, more, few % 2000, more % 3000, 0) if status != "error" else (None,) * 5
        own = place in ("device", "lan")
        yield (
            *("proxy" if proxied else agent, f"{i:026x}", when(i), agent, f"session-{session:032x}"),
            *(family if proxied else None, model, f"of-{model[:5]}", place, route, "learnt" if proxied else None),
            *("chat" if proxied else None, status, 1, *figures, 0 if own else cost, cost, cost if own else None),
            *(float(few), json.dumps(known) if proxied else None),
            "proxy" if shape == "imported" and few % 2 else None,
        )


def _learned(conn: sqlite3.Connection, draw: random.Random) -> None:
    """Families and their moves."""
    begin = BEGIN / 1000
    families = tuple(
        FamilyRow(
            name=name, kind=name.partition("-")[0], label="write …", agents="claude codex", nodes="",
            first_seen=begin, last_seen=begin + 1000, requests=100, local=50, escalated=2, shadowed=20, mean=0.9,
            rung=draw.choice(("shadow", "canary", "local", "closed")), lower=0.8, evidence=20.0, closed_seconds=1.5,
        )
        for name in FAMILIES[:350]
    )  # fmt: skip
    moves = tuple(
        Move(family=name, time=begin + 100 * i, before="shadow", after="canary", why="earned")
        for name in FAMILIES[:350]
        for i in range(3)
    )
    for sql, values in statements(Learned(families=families, moves=moves)):
        conn.executemany(sql, values)


def _trials(conn: sqlite3.Connection) -> None:
    """One for each escalation, and a shadow run for each tenth closed answer."""
    columns = "call, time, purpose, provider, model, family, problem, agree, input, output, seconds"
    conn.execute(
        f"INSERT INTO trials ({columns}) SELECT key, time + 900, 'attempt', 'local', 'qwen2.5:0.5b', family, "
        "json_extract(decision, '$.verified'), NULL, input, output, 0.9 FROM calls "
        "WHERE source = 'proxy' AND route = 'closed' AND json_extract(decision, '$.verified') IS NOT NULL"
    )
    conn.execute(
        f"INSERT INTO trials ({columns}) SELECT key, time + 2500, 'shadow', 'local', 'qwen2.5:0.5b', family, NULL, "
        "id % 3 != 0, input, output, 2.5 FROM calls WHERE source = 'proxy' AND route = 'closed' AND id % 10 = 0"
    )
