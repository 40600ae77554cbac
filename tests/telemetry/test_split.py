"""The split against hand-made rows, and against the plain sum over many random ones."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from agent_telemetry.ledger import Ledger
from agent_telemetry.split import split
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    if model is not None and model.startswith("gpt"):
        return "closed", "OpenAI"
    if model is not None and model.startswith("qwen"):
        return "open", "Alibaba"
    return "unknown", None


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[dict[str, Any]]], Path]:
    def write(rows: list[dict[str, Any]]) -> Path:
        ledger = Ledger(tmp_path / "ledger.db")
        for i, fields in enumerate(rows):
            ledger.record(UsageRecord(**({"source": "proxy", "key": str(i), "time": WHEN} | fields)))
        ledger.close(60)
        assert ledger.written == len(rows)
        return tmp_path / "ledger.db"

    return write


LOCAL = {"model": "qwen3-4b", "provider": "local", "place": "device", "route": "local", "agent": "openclaw"}
CLOSED = {"model": "gpt-5.4", "provider": "openai", "place": "hosted", "route": "closed", "agent": "codex"}


def test_every_figure_of_a_leaf(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    tokens = {"input": 10, "cache_read": 100, "cache_write": 5, "output": 20, "reasoning": 8}
    path = write(
        [
            CLOSED | tokens | {"billed": 1_500_000, "equivalent": 2_000_000},
            CLOSED | tokens | {"billed": None},
            CLOSED | {"status": "error", "model": None},
            CLOSED | {"status": "cancelled"},
            CLOSED | {"status": "cancelled", "input": 1, "output": 1},
            CLOSED | {"status": "cut", "input": 1, "output": 0},
            CLOSED,
        ]
    )
    assert split(path, classify)["all"] == {
        "input": 22,
        "cache_read": 200,
        "cache_write": 10,
        "output": 41,
        "reasoning": 16,
        "requests": 5,
        "total_tokens": 273,
        "failed": 2,
        "unknown_usage": 1,
        "unpriced": 4,
        "cost": {"billed": 1.5, "equivalent": 2.0, "avoided": None},
    }


def test_groups(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    path = write(
        [
            LOCAL | {"output": 1},
            LOCAL | {"place": "lan", "provider": "vllm", "output": 2},
            CLOSED | {"output": 4},
            {"output": 8},
            {"model": "qwen3-max", "provider": "openrouter", "place": "hosted", "output": 16},
        ]
    )
    answer = split(path, classify)
    outputs = {name: {key: leaf["output"] for key, leaf in answer[name].items()} for name in answer if name != "all"}
    assert outputs == {
        "by_day": {datetime.fromtimestamp(WHEN.timestamp()).date().isoformat(): 31},
        "by_model": {"qwen3-max": 16, "unknown": 8, "gpt-5.4": 4, "qwen3-4b": 3},
        "by_provider": {"openrouter": 16, "unknown": 8, "openai": 4, "vllm": 2, "local": 1},
        "by_agent": {"unknown": 24, "codex": 4, "openclaw": 3},
        "by_lab": {"Alibaba": 19, "unknown": 8, "OpenAI": 4},
        "by_openness": {"open": 19, "unknown": 8, "closed": 4},
        "by_openness_place": {
            "open/hosted": 16,
            "unknown/unknown": 8,
            "closed/hosted": 4,
            "open/lan": 2,
            "open/device": 1,
        },
        "by_agent_openness": {"unknown/open": 16, "unknown/unknown": 8, "codex/closed": 4, "openclaw/open": 3},
        "by_route": {"unknown": 24, "closed": 4, "local": 3},
        "by_month": {f"{datetime.fromtimestamp(WHEN.timestamp()):%Y-%m}": 31},
        "by_session": {"unknown": 31},
    }


def test_sessions_of_any_range_are_what_their_calls_are(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    rows: list[dict[str, Any]] = [
        CLOSED | {"time": WHEN + timedelta(minutes=17 * i), "output": 1 << i, "session": f"s{i % 3}" if i % 4 else None}
        for i in range(20)
    ]
    path = write(rows)
    moments = [None, *(WHEN + timedelta(minutes=each) for each in (-10, 0, 1, 30, 61, 117, 150, 400))]
    for since in moments:
        for until in moments:
            expected: dict[str, int] = {}
            for row in rows:
                if (since is None or row["time"] >= since) and (until is None or row["time"] < until):
                    key = row["session"] or "unknown"
                    expected[key] = expected.get(key, 0) + row["output"]
            found = split(path, classify, since=since, until=until)["by_session"]
            assert {key: leaf["output"] for key, leaf in found.items()} == expected, (since, until)


def test_a_duplicate_is_in_no_figure(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    path = write([CLOSED | {"output": 1}, CLOSED | {"output": 2, "duplicate": "proxy", "session": "s"}])
    answer = split(path, classify)
    assert answer["all"]["requests"] == 1
    for name, group in answer.items():
        leaves = [group] if name == "all" else group.values()
        assert sum(leaf["output"] for leaf in leaves) == 1, name
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("UPDATE calls SET duplicate = CASE WHEN duplicate IS NULL THEN 'proxy' END")
        conn.commit()
    assert split(path, classify)["by_session"] == {"s": split(path, classify)["all"]}
    assert split(path, classify)["all"]["output"] == 2


def test_no_ledger_and_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "none" / "ledger.db"
    before = split(path, classify)
    assert not path.parent.exists()
    Ledger(path).close()
    assert split(path, classify) == before
    assert set(before["by_openness"]) == {"open", "closed", "unknown"}
    assert before["all"] == before["by_openness"]["open"]
    assert before["all"]["cost"] == {"billed": None, "equivalent": None, "avoided": None}
    assert (before["by_day"], before["by_model"]) == ({}, {})
    half = tmp_path / "half.db"
    half.touch()  # made, and its schema not yet
    assert split(half, classify) == before


@pytest.mark.parametrize("name", ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"])
def test_sums_equal_the_plain_sum_in_any_zone_and_range(
    name: str, write: Callable[[list[dict[str, Any]]], Path]
) -> None:
    """Over a year with both changes of the clocks, in ranges that cut hours."""
    zone = ZoneInfo(name)
    chance = random.Random(name)
    rows = [
        chance.choice([LOCAL, CLOSED])
        | {"time": WHEN - timedelta(seconds=chance.randrange(365 * 86400)), "output": chance.randrange(1000)}
        for _ in range(2000)
    ]
    path = write(rows)
    times = sorted(row["time"] for row in rows)
    ranges = [(None, None), (times[500], times[1500]), (times[7], times[8]), (times[0], None), (None, times[-1])]
    ranges += [(times[3] + timedelta(milliseconds=1), times[4]), (times[-1] + timedelta(days=1), None)]
    ranges += [(datetime(2026, 3, 8, 12, 7), datetime(2026, 11, 1, 3, 1)), (times[9], times[9])]
    for since, until in ranges:
        expected: dict[str, int] = {}
        for row in rows:
            local = row["time"].astimezone(zone)
            low = since if since is None or since.tzinfo else since.replace(tzinfo=zone)
            high = until if until is None or until.tzinfo else until.replace(tzinfo=zone)
            if (low is None or local >= low) and (high is None or local < high):
                day = local.date().isoformat()
                expected[day] = expected.get(day, 0) + row["output"]
        answer = split(path, classify, since=since, until=until, zone=zone)
        assert {day: leaf["output"] for day, leaf in answer["by_day"].items()} == expected
        assert list(answer["by_day"]) == sorted(expected)
        assert answer["all"]["output"] == sum(expected.values())
        assert sum(leaf["output"] for leaf in answer["by_openness"].values()) == sum(expected.values())


def test_wrong_clocks_do_not_matter(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    rows = [{"time": datetime(year, 1, 1, 12, tzinfo=UTC), "output": 1} for year in (1969, 1970, 2026, 2500)]
    answer = split(write(rows), classify, zone=UTC)
    assert list(answer["by_day"]) == ["1970-01-01", "2026-01-01", "2500-01-01"]


def test_openness_is_looked_up_once_a_model(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def note(model: str | None, provider: str | None) -> tuple[str, str | None]:
        asked.append((model, provider))
        return classify(model, provider)

    path = write([LOCAL | {"time": WHEN + timedelta(days=i)} for i in range(50)] + [CLOSED, CLOSED | {"agent": "x"}])
    split(path, note)
    assert sorted(map(str, asked)) == ["('gpt-5.4', 'openai')", "('qwen3-4b', 'local')"]


def test_an_unsafe_name_is_only_a_name(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    name = "'; DROP TABLE calls; --<script>"
    path = write([{"model": name, "output": 1}])
    assert split(path, classify)["by_model"][name]["output"] == 1


def test_msgspec_can_encode_it(write: Callable[[list[dict[str, Any]]], Path]) -> None:
    answer = split(write([LOCAL]), classify)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == answer
