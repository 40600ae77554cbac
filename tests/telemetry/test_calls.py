"""Calls by what one looks for: the same as by going through all of them, whichever way they are found."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry import calls as module
from agent_telemetry.breakdown import SEGMENTS, segment
from agent_telemetry.calls import CallFilter, call, calls
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.random_ledger import BEGIN, FAMILIES, classify, make, ranges, within

CHOICES: dict[str, tuple[str, ...]] = {
    "agent": ("claude-code", "pi", "unknown", "nobody"),
    "model": ("m0", "m2", "<b>", "unknown"),
    "provider": ("p0", "unknown"),
    "place": ("device", "lan", "unknown"),
    "route": ("local", "closed", "unknown"),
    "openness": ("open", "closed", "unknown"),
    "segment": SEGMENTS,
    "lab": ("lab", "other", "unknown"),
    "task": ("title", "ask", "embedding", "unknown", "none"),
    "family": (*FAMILIES, "unknown", "none-1"),
    "session": ("s1", "s2", "unknown", "none"),
    "status": ("ok", "error", "cut", "cancelled"),
    "source": ("proxy", "claude", "audit", "none"),
}


def fits(call: UsageRecord, filter: CallFilter) -> bool:
    openness, lab = classify(call.model, call.provider)
    told: dict[str, Any] = {name: getattr(call, name) or "unknown" for name in CHOICES if hasattr(call, name)}
    told |= {"openness": openness, "lab": lab or "unknown", "segment": segment(openness, call.place)}
    told["task"] = (call.family.rpartition("-")[0] or call.family) if call.family else "unknown"
    asked = {name: getattr(filter, name) for name in CHOICES if getattr(filter, name) is not None}
    return all(told[name] == value for name, value in asked.items()) and (filter.duplicates or call.duplicate is None)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("last", "few"), [(2000, 20_000), (5, 20_000), (5, 3)])
def test_as_by_going_through_all(
    tmp_path: Path, seed: int, last: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAST", last)
    monkeypatch.setattr(module, "_FEW", few)
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    everything = make(path, seed)[::-1]
    hits = 0
    for _ in range(40):
        since, until = ranges(draw)
        names = draw.sample(sorted(CHOICES), draw.choice((0, 1, 1, 2, 2, 3)))
        asked = CallFilter(
            since=since,
            until=until,
            duplicates=draw.random() < 0.3,
            **{name: draw.choice(CHOICES[name]) for name in names},  # type: ignore[arg-type]
        )
        expected = [each for each in within(everything, since, until) if fits(each, asked)]
        hits += bool(expected)
        limit = draw.choice((1, 7, 1000) if len(expected) < 20 else (37, 1000))
        found: list[UsageRecord] = []
        cursor = None
        while True:
            page = calls(path, asked, classify, limit, cursor)
            found += page.rows
            assert len(page.rows) == limit or page.next is None
            if page.next is None:
                break
            cursor = page.next
        assert found == expected, asked
    assert hits > 12


def test_a_call_that_comes_meanwhile_moves_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(open_ledger(path)) as conn:
        for i in range(20):  # all at the same time
            conn.execute(UPSERT, values(UsageRecord(source="proxy", key=str(i), time=BEGIN)))
        first = calls(path, CallFilter(), classify, 8)
        for i in range(20, 25):
            conn.execute(UPSERT, values(UsageRecord(source="proxy", key=str(i), time=BEGIN + timedelta(seconds=i))))
        second = calls(path, CallFilter(), classify, 100, first.next)
    assert [each.key for each in first.rows + second.rows] == [str(i) for i in range(19, -1, -1)]
    assert second.next is None


def test_one_call(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    assert call(path, "a") is None
    with closing(open_ledger(path)) as conn:
        for source, key in (("proxy", "a"), ("claude", "a"), ("claude", "b/c"), ("proxy", "codex/x"), ("codex", "x")):
            conn.execute(UPSERT, values(UsageRecord(source=source, key=key, time=BEGIN)))
    found = {key: call(path, key) for key in ("a", "proxy/a", "claude/a", "claude/b/c", "codex/x", "b", "", "none/a")}
    assert {key: (each.source, each.key) if each else None for key, each in found.items()} == {
        "a": ("proxy", "a"),
        "proxy/a": ("proxy", "a"),
        "claude/a": ("claude", "a"),
        "claude/b/c": ("claude", "b/c"),
        "codex/x": ("proxy", "codex/x"),
        "b": None,
        "": None,
        "none/a": None,
    }


def test_nothing(tmp_path: Path) -> None:
    assert calls(tmp_path / "none", CallFilter(), classify) == ([], None)
