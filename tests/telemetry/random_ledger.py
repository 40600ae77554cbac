"""Ledgers of chance, written in every way that there is, and their calls as rows to count by hand."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from agent_telemetry.erasing import erase
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_reader import record
from agent_telemetry.ledger_rows import UPSERT, statements, values
from agent_telemetry.sums import summed_together
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord

BEGIN = datetime(2026, 1, 20, 22, 41, 7, tzinfo=UTC)
FAMILIES = ("title-0a1b", "title-ff", "ask-01", "two-words-9", "embedding", "-x", "a-")


ZONES: tuple[tzinfo | None, ...] = (
    *(None, UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")),
    *(ZoneInfo("Pacific/Apia"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Australia/Lord_Howe")),
)


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    """Of a model's name; a provider can say more."""
    if model == "m2" and provider == "p1":
        return "open", "other"
    return {"m0": ("open", "lab"), "m1": ("closed", "lab"), "m2": ("closed", None)}.get(model or "", ("unknown", None))


def random_call(draw: random.Random, key: int, days: int = 150) -> UsageRecord:
    """A call of any kind."""

    def maybe(value: Any) -> Any:
        return value if draw.random() < 0.8 else None

    proxied = draw.random() < 0.6
    time = BEGIN + timedelta(seconds=draw.randrange(days * 86_400))
    if draw.random() < 0.4:  # many in one hour
        time = BEGIN + timedelta(days=days // 2, seconds=draw.randrange(5400))
    route = maybe(draw.choice(("local", "closed"))) if proxied else None
    problem = draw.choice(("ok", "empty", "format", None))
    decision = msgspec.json.encode({"verified": problem, "guard": None}).decode()
    audited = proxied and draw.random() < 0.1
    return UsageRecord(
        source="audit" if audited else "proxy" if proxied else draw.choice(("claude", "codex")),
        key=f"key{key}",
        time=time,
        agent=maybe(draw.choice(("claude-code", "codex", "pi"))),
        session=maybe(f"s{draw.randrange(9)}"),
        family=maybe(draw.choice(FAMILIES)) if proxied else None,
        model=maybe(draw.choice(("m0", "m1", "m2", "<b>"))),
        provider=maybe(draw.choice(("p0", "p1"))),
        place=maybe(draw.choice(("device", "lan", "hosted", "subscription"))),
        route=route,
        status=draw.choice(("ok", "ok", "ok", "error", "cut", "cancelled")),
        input=maybe(draw.randrange(100)),
        cache_read=maybe(draw.randrange(100)),
        output=maybe(draw.randrange(3)),
        billed=maybe(draw.randrange(1000)),
        equivalent=maybe(draw.randrange(1000)),
        avoided=maybe(draw.randrange(1000)),
        latency_ms=maybe(100.0),
        decision=draw.choice((decision, decision, 'no json: "verified"')) if proxied and not audited else None,
        duplicate="proxy" if not proxied and draw.random() < 0.2 else None,
    )


def random_trial(draw: random.Random, days: int = 150) -> Trial:
    """A run that nobody was given the answer of."""
    return Trial(
        call="x",
        time=BEGIN + timedelta(seconds=draw.randrange(days * 86_400)),
        purpose=draw.choice(("attempt", "sample", "shadow", "audit")),
        provider="local",
        model="m0",
        problem=draw.choice((None, "empty", "format")),
        agree=draw.choice((None, True, False)),
        input=draw.choice((None, 7)),
        cache_read=draw.choice((None, 3)),
        output=draw.choice((None, 5)),
        seconds=draw.choice((None, 0.25, 1.5)),
    )


def make(path: Path, seed: int, number: int = 500, days: int = 150) -> list[UsageRecord]:
    """A ledger, and the calls that are in it in the end."""
    draw = random.Random(seed)
    with closing(open_ledger(path)) as conn:
        for batch in range(6):
            conn.execute("BEGIN IMMEDIATE")
            with summed_together(conn) if batch % 2 else nullcontext():
                for _ in range(number // 6):
                    # Some keys come again, in the same transaction too, and their calls are other ones then.
                    conn.execute(UPSERT, values(random_call(draw, draw.randrange(number), days)))
            for _ in range(5):
                conn.execute("DELETE FROM calls WHERE key = ?", [f"key{draw.randrange(number)}"])
                some = f"key{draw.randrange(number)}"
                conn.execute("UPDATE calls SET duplicate = 'proxy' WHERE key = ? AND family IS NULL", [some])
            for _ in range(20):
                for sql, rows in statements(random_trial(draw, days)):
                    conn.executemany(sql, rows)
            conn.execute("DELETE FROM trials WHERE id % 7 = 0")
            conn.execute("COMMIT")
        for agent in ("pi", ""):
            before = BEGIN + timedelta(days=days / 20)
            erase(conn, agent, before=round(before.timestamp() * 1000))
        return calls_of(conn)


def calls_of(conn: sqlite3.Connection) -> list[UsageRecord]:
    """All calls, the oldest first."""
    names = ", ".join(UsageRecord.__struct_fields__)
    return [record(row) for row in conn.execute(f"SELECT {names} FROM calls ORDER BY time, id")]


def ranges(draw: random.Random) -> tuple[datetime | None, datetime | None]:
    """From any time to any other, or from midnight, or open."""
    times = sorted(BEGIN + timedelta(seconds=draw.randrange(-86_400 * 9, 86_400 * 160)) for _ in range(2))
    if draw.random() < 0.4:
        times[0] = times[0].replace(hour=0, minute=0, second=0)
    since = times[0] if draw.random() < 0.6 else None
    return since, times[1] if draw.random() < 0.6 else None


def within(calls: list[UsageRecord], since: datetime | None, until: datetime | None) -> list[UsageRecord]:
    return [call for call in calls if (since is None or call.time >= since) and (until is None or call.time < until)]


def counts(call: UsageRecord) -> bool:
    """Whether it was answered."""
    return call.status in ("ok", "cut") or (call.status == "cancelled" and (call.output or 0) > 0)
