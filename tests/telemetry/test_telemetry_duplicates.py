"""A call that an agent's telemetry tells of counts once beside the router's row and the log's, in whatever order they
came: the router's, else the log's, else the event's, else the span's, and a counter only where there is none of
these."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.duplicates import drop_duplicates
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SALT = b"1" * 32
SESSION = "0b5f0fd2-9c4f-4b8a-9b3e-9a6f5f0f7a10"


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_ledger(tmp_path / "ledger.sqlite3")) as conn:
        yield conn


def put(conn: sqlite3.Connection, source: str, key: str, seconds: float = 0, **fields: Any) -> None:
    given = {"agent": "claude", "model": "claude-opus-4-6", "input": 90, "cache_read": 10, "output": 7} | fields
    row = UsageRecord(source=source, key=key, time=WHEN + timedelta(seconds=seconds), **given)
    conn.execute(UPSERT, values(row))


def proxied(conn: sqlite3.Connection, **fields: Any) -> None:
    put(conn, "proxy", "p", 0.2, **{"latency_ms": 3900.0, "session": hashed(SESSION)} | fields)


def logged(conn: sqlite3.Connection, **fields: Any) -> None:
    put(conn, "claude", "l", 1.5, **{"session": SESSION, "response_id": "msg_1"} | fields)


def event(conn: sqlite3.Connection, **fields: Any) -> None:
    put(conn, "otlp", "event:e", 0.1, **{"latency_ms": 4000.0, "session": SESSION} | fields)


def span(conn: sqlite3.Connection, **fields: Any) -> None:
    put(conn, "otlp", "span:t:1", **{"latency_ms": 4100.0, "session": SESSION} | fields)


def counter(conn: sqlite3.Connection, key: str = "m", seconds: float = 60, **fields: Any) -> None:
    begin = round((WHEN.timestamp() + seconds - 60) * 1000)
    put(conn, "otlp", f"metric:{key}:{begin}", seconds, **{"session": SESSION} | fields)


def hashed(session: str) -> str:
    return hashlib.blake2b(session.encode(), digest_size=6, key=SALT).hexdigest()


def look(conn: sqlite3.Connection, since: float | None = -3600) -> int:
    given = None if since is None else round((WHEN.timestamp() + since) * 1000)
    return drop_duplicates(conn, given, SALT)


def counting(conn: sqlite3.Connection) -> list[str]:
    return [
        f"{source} {key}"
        for source, key in conn.execute(
            "SELECT source, substr(key, 1, 2) FROM calls WHERE duplicate IS NULL ORDER BY time, key"
        )
    ]


ALL: list[Callable[..., None]] = [proxied, logged, event, span, counter]


@pytest.mark.parametrize("order", list(permutations(range(5))), ids=str)
def test_the_best_row_counts_whichever_came_first(conn: sqlite3.Connection, order: tuple[int, ...]) -> None:
    came: set[int] = set()
    for number in order:
        ALL[number](conn)
        came.add(number)
        look(conn, None)
        (row,) = counting(conn)
        assert row == ["proxy p", "claude l", "otlp ev", "otlp sp", "otlp me"][min(came)]
    assert look(conn, None) == 0
    assert look(conn) == 0
    assert conn.execute("SELECT sum(output), sum(answered) FROM sums").fetchone() == (7, 1)


def test_what_comes_again_stays_dropped(conn: sqlite3.Connection) -> None:
    """An exporter that had no answer sends all of it once more."""
    for each in ALL:
        each(conn)
    look(conn)
    for each in ALL[2:]:
        each(conn)
    assert counting(conn) == ["proxy p"]


def test_why_it_was_dropped(conn: sqlite3.Connection) -> None:
    event(conn)
    span(conn)
    counter(conn)
    look(conn)
    assert [why for (why,) in conn.execute("SELECT duplicate FROM calls ORDER BY time")] == [
        *("otlp:event", None),
        "otlp:event",
    ]


def test_equal_calls_are_paired_one_by_one(conn: sqlite3.Connection) -> None:
    for number in range(5):
        put(conn, "otlp", f"event:{number}", number * 10, latency_ms=500.0, session=SESSION)
    for number in range(3):
        put(conn, "claude", f"l{number}", number * 10 + 0.2, session=SESSION, response_id=f"msg_{number}")
    for number in range(4):
        put(conn, "otlp", f"span:t:{number}", number * 10, latency_ms=500.0, session=SESSION)
    look(conn)
    look(conn)
    assert conn.execute(
        "SELECT source, count(*) FROM calls WHERE duplicate IS NULL GROUP BY 1 ORDER BY 1"
    ).fetchall() == [
        ("claude", 3),
        ("otlp", 2),
    ]


@pytest.mark.parametrize(
    "fields",
    [{"output": 8}, {"input": 91}, {"agent": "codex"}, {"response_id": "msg_2"}],
    ids=str,
)
def test_another_call(conn: sqlite3.Connection, fields: dict[str, Any]) -> None:
    logged(conn)
    event(conn, **fields)
    look(conn)
    assert len(counting(conn)) == 2


def test_a_long_call(conn: sqlite3.Connection) -> None:
    """The event is written when it has ended, the log's line when it began to stream."""
    put(conn, "claude", "l", 3, session=SESSION)
    put(conn, "otlp", "event:e", 0, latency_ms=1_800_000.0, session=SESSION)
    look(conn)
    assert counting(conn) == ["claude l"]


@pytest.mark.parametrize("status", ["cut", "cancelled"])
@pytest.mark.parametrize("figures", [{}, {"input": None, "cache_read": None, "output": None}])
def test_an_answer_that_broke_is_a_failure_to_its_agent(
    conn: sqlite3.Connection, status: str, figures: dict[str, None]
) -> None:
    none = {"input": None, "cache_read": None, "output": None, "status": "error"}
    event(conn, **none)
    put(conn, "otlp", "event:later", 300, session=SESSION, **none)
    put(conn, "otlp", "event:other", 1, agent="codex", **none)
    proxied(conn, status=status, **figures)
    look(conn)
    assert counting(conn) == ["proxy p", "otlp ev", "otlp ev"]


def test_a_call_that_failed(conn: sqlite3.Connection) -> None:
    nothing: dict[str, Any] = {"input": None, "cache_read": None, "output": None, "status": "error"}
    proxied(conn, **nothing)
    event(conn, **nothing)
    put(conn, "otlp", "event:later", 500, **nothing)
    look(conn)
    assert counting(conn) == ["proxy p", "otlp ev"]


def test_a_counter_of_another_model_counts(conn: sqlite3.Connection) -> None:
    """The log of Claude Code does not tell of the calls that find titles; its counter does."""
    logged(conn)
    counter(conn, "title", model="claude-haiku-4-5", input=20, output=2, cache_read=0)
    counter(conn)
    look(conn)
    assert counting(conn) == ["claude l", "otlp me"]
    assert conn.execute("SELECT sum(output) FROM calls WHERE duplicate IS NULL").fetchone() == (9,)


def test_a_model_by_another_spelling(conn: sqlite3.Connection) -> None:
    event(conn, model="claude-opus-4-6-20260101")
    counter(conn)
    look(conn)
    assert counting(conn) == ["otlp ev"]


def test_a_counter_of_another_session_counts(conn: sqlite3.Connection) -> None:
    """One session passes through the router, the other does not."""
    proxied(conn)
    counter(conn, session="other")
    counter(conn, "own")
    look(conn)
    assert counting(conn) == ["proxy p", "otlp me"]


def test_without_the_salt_nothing_is_guessed(conn: sqlite3.Connection) -> None:
    proxied(conn)
    counter(conn)
    drop_duplicates(conn, 0)
    assert len(counting(conn)) == 2


def test_a_counter_without_sessions(conn: sqlite3.Connection) -> None:
    put(conn, "openclaw", "l", 30, agent="openclaw", session="s")
    counter(conn, agent="openclaw", session=None)
    counter(conn, "before", -600, agent="openclaw", session=None)
    look(conn)
    assert counting(conn) == ["otlp me", "openclaw l"]


def test_a_counter_of_a_program_that_the_router_knows_by_its_library(conn: sqlite3.Connection) -> None:
    proxied(conn, agent="openai-python", session=None)
    counter(conn, agent="my-app", session=None)
    counter(conn, "codex", agent="my-app", model="gpt-5.4", session=None)
    look(conn)
    assert counting(conn) == ["proxy p", "otlp me"]


def test_a_run_and_its_calls(conn: sqlite3.Connection) -> None:
    put(conn, "otlp", "sum:t:1", 0, latency_ms=9000.0, output=14, input=180, cache_read=20)
    put(conn, "claude", "a", 2)
    put(conn, "otlp", "sum:t:2", 3000, latency_ms=9000.0, output=14)
    look(conn)
    assert counting(conn) == ["claude a", "otlp su"]


def test_an_old_log_is_imported_later(conn: sqlite3.Connection) -> None:
    for day in range(30):
        counter(conn, f"m{day}", day * 86400)
    look(conn)
    for day in range(30):
        put(conn, "claude", f"l{day}", day * 86400 - 30, session=SESSION)
    look(conn, 0)
    assert conn.execute("SELECT source, count(*) FROM calls WHERE duplicate IS NULL GROUP BY 1").fetchall() == [
        ("claude", 30)
    ]


def test_telemetry_names_the_routers_session(conn: sqlite3.Connection) -> None:
    proxied(conn)
    event(conn)
    look(conn)
    assert conn.execute("SELECT session FROM calls WHERE source = 'proxy'").fetchone() == (SESSION,)


def test_a_session_of_which_a_log_keeps_the_sum(conn: sqlite3.Connection) -> None:
    put(conn, "goose", "session", agent="goose", session="20261121_1", output=700)
    for number in range(3):
        put(conn, "otlp", f"span:t:{number}", number * 2000, agent="goose", session="20261121_1")
    put(conn, "otlp", "span:t:9", 2000, agent="goose", session="20261121_2")
    look(conn, None)
    assert counting(conn) == ["goose se", "otlp sp"]
