"""Sessions and kinds of tasks, beside what their calls are."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.sessions import sessions
from agent_telemetry.tasks import tasks
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry import random_ledger

WHEN = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    return ("open", "alibaba") if model == "qwen3" else ("closed", "openai")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    with closing(open_ledger(path)) as conn:
        for i in range(12):
            row = UsageRecord(
                source="proxy", key=str(i), time=WHEN + timedelta(minutes=20 * i), agent="pi", place="device",
                session=None if i == 11 else f"s{i % 2}", model="qwen3" if i % 3 else "gpt-5.4", output=i,
                family=None if i % 4 == 0 else f"title-{i % 2}", duplicate="proxy" if i == 10 else None,
            )  # fmt: skip
            conn.execute(UPSERT, values(row))
    return path


def test_the_most_recent_first(path: Path) -> None:
    found = sessions(path, classify)
    assert [(each.id, each.row.leaf["requests"], each.row.leaf["output"]) for each in found] == [
        ("s1", 5, 1 + 3 + 5 + 7 + 9),
        ("s0", 5, 0 + 2 + 4 + 6 + 8),
    ]
    assert (found[0].first, found[0].last) == (WHEN + timedelta(minutes=20), WHEN + timedelta(minutes=180))
    assert found[0].models == ("qwen3", "gpt-5.4")
    assert {name: leaf["output"] for name, leaf in found[0].row.segments.items()} == {"open/device": 13, "closed": 12}


def test_a_range_and_a_limit(path: Path) -> None:
    found = sessions(path, classify, since=WHEN + timedelta(minutes=50), until=WHEN + timedelta(minutes=130))
    assert [(each.id, each.row.leaf["output"]) for each in found] == [("s0", 4 + 6), ("s1", 3 + 5)]
    assert [each.id for each in sessions(path, classify, limit=1)] == ["s1"]


def test_kinds_of_tasks(path: Path) -> None:
    found = {each.kind: (each.families, each.row.leaf["output"]) for each in tasks(path, classify)}
    assert found == {"title": (2, 1 + 2 + 3 + 5 + 6 + 7 + 9 + 11), None: (0, 0 + 4 + 8)}


def test_no_ledger(tmp_path: Path) -> None:
    assert sessions(tmp_path / "none", classify) == tasks(tmp_path / "none", classify) == []


@pytest.mark.parametrize("seed", range(6))
def test_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    calls = random_ledger.make(tmp_path / "ledger.sqlite3", seed)
    for _ in range(10):
        since, until = random_ledger.ranges(draw)
        mine: dict[tuple[str, str], list[UsageRecord]] = {}
        for call in random_ledger.within(calls, since, until):
            if call.session and call.duplicate is None:
                mine.setdefault((call.session, call.agent or ""), []).append(call)
        expected = sorted(((its[-1].time, *key) for key, its in mine.items()), reverse=True)
        for limit in (None, 1, 5, 100):
            found = sessions(tmp_path / "ledger.sqlite3", random_ledger.classify, since=since, until=until, limit=limit)
            assert [(each.last, each.id, each.agent or "") for each in found] == expected[:limit]
        for each in found:
            its = mine[each.id, each.agent or ""]
            assert each.first == its[0].time
            assert each.row.leaf["requests"] == sum(random_ledger.counts(call) for call in its)
            assert each.row.leaf["output"] == sum(call.output or 0 for call in its)
            assert set(each.models) == {call.model or "unknown" for call in its}
            assert sum(leaf["failed"] for leaf in each.row.segments.values()) == each.row.leaf["failed"]


@pytest.mark.parametrize("seed", range(4))
def test_kinds_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    calls = random_ledger.make(path, seed)
    for _ in range(10):
        since, until = random_ledger.ranges(draw)
        mine: dict[str | None, list[UsageRecord]] = {}
        for call in random_ledger.within(calls, since, until):
            if call.duplicate is None:
                kind = (call.family.rpartition("-")[0] or call.family) if call.family else None
                mine.setdefault(kind, []).append(call)
        found = {each.kind: each for each in tasks(path, random_ledger.classify, since=since, until=until)}
        assert set(found) == set(mine)
        for kind, its in mine.items():
            assert found[kind].families == len({call.family for call in its if call.family})
            assert found[kind].row.leaf["requests"] == sum(random_ledger.counts(call) for call in its)
            assert found[kind].row.leaf["output"] == sum(call.output or 0 for call in its)
