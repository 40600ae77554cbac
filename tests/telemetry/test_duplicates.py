"""A call that passed through the router and stands in its agent's log counts once, whichever row came first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.duplicates import drop_duplicates
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_ledger(tmp_path / "ledger.sqlite3")) as conn:
        yield conn


def proxied(conn: sqlite3.Connection, key: str, seconds: float = 0, **fields: Any) -> None:
    given = {"agent": "codex", "input": 90, "cache_read": 10, "output": 7, "latency_ms": 4000.0} | fields
    row = UsageRecord(source="proxy", key=key, time=WHEN + timedelta(seconds=seconds), **given)
    conn.execute(UPSERT, values(row))


def logged(conn: sqlite3.Connection, key: str, seconds: float = 4, **fields: Any) -> None:
    given = {"source": "codex", "agent": "codex", "input": 100, "output": 7, "session": "real"} | fields
    row = UsageRecord(key=key, time=WHEN + timedelta(seconds=seconds), **given)
    conn.execute(UPSERT, values(row))


def dropped(conn: sqlite3.Connection) -> list[str]:
    return [key for (key,) in conn.execute("SELECT key FROM calls WHERE duplicate = 'proxy' ORDER BY key")]


def look(conn: sqlite3.Connection) -> int:
    return drop_duplicates(conn, round((WHEN - timedelta(hours=1)).timestamp() * 1000))


def test_same_tokens_at_the_same_time(conn: sqlite3.Connection) -> None:
    proxied(conn, "p", session="hash")
    logged(conn, "a")
    assert look(conn) == 1
    assert dropped(conn) == ["a"]
    assert conn.execute("SELECT sum(answered), sum(output) FROM sums").fetchone() == (1, 7)
    assert conn.execute("SELECT session FROM calls WHERE key = 'p'").fetchone() == ("real",)
    assert look(conn) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"output": 8},
        {"input": 101},
        {"seconds": 70},
        {"seconds": -8},
        {"source": "claude", "agent": "claude"},
        {"input": 0, "output": 0},
    ],
    ids=str,
)
def test_another_call(conn: sqlite3.Connection, fields: dict[str, Any]) -> None:
    proxied(conn, "p", agent="codex")
    logged(conn, "known", seconds=9000)  # codex has a log, so that its name means something
    logged(conn, "a", **fields)
    assert look(conn) == 0


def test_the_answer_has_the_same_id(conn: sqlite3.Connection) -> None:
    proxied(conn, "p", response_id="msg_01", output=7, agent="anthropic-js")
    logged(conn, "a", response_id="msg_01", output=900, seconds=500, source="claude", agent="claude")
    assert look(conn) == 1


@pytest.mark.parametrize("prefix", ["msg_ar", "chatcmpl-ar", "resp_ar", "cmpl-ar"])
def test_an_id_that_the_router_made(conn: sqlite3.Connection, prefix: str) -> None:
    proxied(conn, "0123456789abcdef00000001")
    proxied(conn, "0123456789abcdef00000002")
    logged(conn, "a", response_id=f"{prefix}0123456789abcdef00000002", output=70)
    assert look(conn) == 1
    assert conn.execute("SELECT session FROM calls WHERE key LIKE '%2'").fetchone() == ("real",)


def test_a_summary_that_took_two_calls(conn: sqlite3.Connection) -> None:
    proxied(conn, "p1", agent="pi", input=286, cache_read=0, output=16)
    proxied(conn, "p2", agent="pi", seconds=1, input=235, cache_read=0, output=15)
    proxied(conn, "p3", agent="pi", seconds=2)
    logged(conn, "a", source="pi", agent="pi", seconds=6, input=521, output=31)
    logged(conn, "b", source="pi", agent="pi", seconds=7, input=522, output=31)
    assert look(conn) == 1
    assert dropped(conn) == ["a"]
    assert look(conn) == 0


def test_an_upstream_that_gives_every_answer_the_same_id(conn: sqlite3.Connection) -> None:
    for i in range(3):
        proxied(conn, f"p{i}", seconds=20 * i, output=i + 1, response_id="chatcmpl-1")
        logged(conn, f"a{i}", seconds=20 * i + 1, output=i + 1, response_id="chatcmpl-1")
    logged(conn, "other", seconds=41, output=70, response_id="chatcmpl-1")
    assert look(conn) == 3
    assert dropped(conn) == ["a0", "a1", "a2"]


def test_two_ids_that_differ_are_two_calls(conn: sqlite3.Connection) -> None:
    proxied(conn, "p", response_id="msg_01")
    logged(conn, "a", response_id="msg_02")
    assert look(conn) == 0


def test_equal_calls_in_a_row_are_paired_one_by_one(conn: sqlite3.Connection) -> None:
    for i in range(3):
        proxied(conn, f"p{i}", seconds=10 * i)
    for i in range(5):
        logged(conn, f"a{i}", seconds=4 + 10 * i)
    assert look(conn) == 3
    assert dropped(conn) == ["a0", "a1", "a2"]


def test_a_library_is_no_other_agent(conn: sqlite3.Connection) -> None:
    proxied(conn, "p", agent="openai-js")
    proxied(conn, "q", agent=None, output=9)
    logged(conn, "a", source="pi", agent="pi")
    logged(conn, "b", source="pi", agent="pi", output=9)
    assert look(conn) == 2


def test_each_log_that_tells_of_it(conn: sqlite3.Connection) -> None:
    """OpenClaw runs Codex: both write a log."""
    proxied(conn, "p", agent=None)
    logged(conn, "a")
    logged(conn, "b", source="openclaw", agent="openclaw")
    assert look(conn) == 2


def test_the_routers_row_may_come_later(conn: sqlite3.Connection) -> None:
    logged(conn, "a")
    assert look(conn) == 0
    proxied(conn, "p")
    assert drop_duplicates(conn, None) == 1
    assert drop_duplicates(conn, None) == 0


def test_a_pair_stays_a_pair(conn: sqlite3.Connection) -> None:
    proxied(conn, "p")
    logged(conn, "a")
    look(conn)
    logged(conn, "b", seconds=5)
    assert look(conn) == 0
    assert dropped(conn) == ["a"]


def test_unknown_usage_proves_nothing(conn: sqlite3.Connection) -> None:
    proxied(conn, "p", input=None, cache_read=None, output=None)
    logged(conn, "a", input=None, output=None)
    assert look(conn) == 0


def test_nothing_to_look_at(conn: sqlite3.Connection) -> None:
    assert drop_duplicates(conn, None) == 0
    logged(conn, "a")
    assert look(conn) == 0


def test_a_session_of_which_a_log_keeps_the_sum(conn: sqlite3.Connection) -> None:
    """Its calls follow each other; others before, between and after them are other sessions', or other agents'."""
    for number in range(5):
        proxied(conn, f"p{number}", number * 600, agent="hermes", input=1000 + number, cache_read=0)
    proxied(conn, "other", 700, input=5)
    proxied(conn, "title", 900, agent="hermes", input=60, cache_read=0)
    logged(conn, "titles", 904, source="hermes", agent="hermes", input=60)
    logged(conn, "session", 602, source="hermes", agent="hermes", input=3006, output=21)  # p1, p2 and p3
    logged(conn, "never", 602, source="hermes", agent="hermes", input=3006, output=21)
    logged(conn, "codex", 602, input=2007, output=14)  # whose log tells of single calls
    assert look(conn) == 2
    assert dropped(conn) == ["session", "titles"]
    sessions = conn.execute("SELECT key FROM calls WHERE session = 'real' AND source = 'proxy' ORDER BY key").fetchall()
    assert sessions == [("p1",), ("p2",), ("p3",), ("title",)]
    assert look(conn) == 0


def test_a_sum_far_from_its_calls(conn: sqlite3.Connection) -> None:
    for number in range(2):
        proxied(conn, f"p{number}", number, agent="goose", cache_read=0)
    logged(conn, "later", 20, source="goose", agent="goose", input=180, output=14)
    assert look(conn) == 0
