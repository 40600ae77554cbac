"""Codex's sessions, of all versions, with forks and sub-agents: each call once, in the thread that made it."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers.codex import IMPORTER
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.merging import merged
from agent_telemetry.importers.zstandard_text import zstd
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.generators import codex as generator
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import found

_PARENT = "6fdf0a8e-0001-4000-8000-00000000000a"
_CHILD = "6fdf0a8e-0002-4000-8000-00000000000b"
_OTHER = "6fdf0a8e-0003-4000-8000-00000000000c"
_T0 = datetime(2026, 5, 1, 10, tzinfo=UTC)
Line = dict[str, Any]


@pytest.mark.parametrize("seed", range(40))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


@pytest.mark.parametrize("seed", range(10))
def test_with_ids_that_hold_no_time(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)

    def id(*_: object) -> str:
        digits = f"{chance.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"

    monkeypatch.setattr(generator._Maker, "id", id)
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_the_buckets_are_disjoint(tmp_path: Path) -> None:
    used = _usage(1000, 50, cached=600, reasoning=20, cache_write_input_tokens=100)
    (row,) = _rows(tmp_path, _meta(), _turn(), _count(used, used))
    assert (row.input, row.cache_read, row.cache_write, row.output, row.reasoning) == (300, 600, 100, 50, 20)
    assert (row.source, row.agent, row.provider, row.model) == ("codex", "codex", "agent-router", "gpt-5.3-codex")
    assert (row.session, row.time, row.status) == (_PARENT, _T0, "ok")


def test_what_is_said_again_counts_once(tmp_path: Path) -> None:
    one, two = _usage(100, 10), _usage(200, 20)
    rows = _rows(
        *(tmp_path, _meta(), _turn(), _event("token_count", info=None, rate_limits={"plan_type": "plus"})),
        *(_count(one, one), _count(one, one), _count(_usage(300, 30), two), _count(_usage(300, 30), two)),
    )
    assert [(row.input, row.output) for row in rows] == [(100, 10), (200, 20)]


def test_two_calls_of_equal_figures_are_two(tmp_path: Path) -> None:
    one = _usage(100, 10)
    assert len(_rows(tmp_path, _meta(), _turn(), _count(one, one), _count(_usage(200, 20), one))) == 2


def test_two_sessions_of_equal_figures_are_two(tmp_path: Path) -> None:
    one = _usage(100, 10)
    _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one))
    _write(tmp_path, _OTHER, _meta(_OTHER), _turn(), _count(one, one))
    assert len(calls(IMPORTER, tmp_path)) == 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(100, 10), (300, 30), (350, 31)], [(100, 10), (200, 20), (50, 1)]),
        ([(100, 10), (100, 10), (40, 4), (90, 9)], [(100, 10), (40, 4), (50, 5)]),
    ],
    ids=["grows", "begins anew"],
)
def test_where_only_the_total_is_told(
    tmp_path: Path, lines: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    rows = _rows(tmp_path, _meta(), _turn(), *(_count(_usage(*each), None) for each in lines))
    assert [(row.input, row.output) for row in rows] == expected


def test_where_only_the_last_is_told(tmp_path: Path) -> None:
    lasts = [_usage(100, 10), _usage(100, 10), _usage(150, 12)]
    rows = _rows(tmp_path, _meta(), _turn(), *(_count(None, each) for each in lasts))
    assert [(row.input, row.output) for row in rows] == [(100, 10), (150, 12)]


def test_a_total_that_goes_down_or_jumps_leaves_the_last_as_it_is(tmp_path: Path) -> None:
    said = [
        *((_usage(100_000, 100), _usage(100_000, 100)), (_usage(300_000, 300), _usage(20_000, 200))),
        *((_usage(250_000, 250), _usage(10_000, 50)), (_usage(10_000, 50), _usage(10_000, 50))),
    ]
    rows = _rows(tmp_path, _meta(), _turn(), *(_count(*each) for each in said))
    assert [row.input for row in rows] == [100_000, 20_000, 10_000, 10_000]


def test_estimates_and_a_full_context_are_no_calls(tmp_path: Path) -> None:
    one, nothing = _usage(100, 10), _usage(0, 0)
    rows = _rows(
        *(tmp_path, _meta(), _turn(), _count(one, one), _count(one, nothing | {"total_tokens": 4000})),
        *(_count(nothing | {"total_tokens": 272_000}, nothing | {"total_tokens": 271_890}),),
        *(_count(_usage(7, 1) | {"total_tokens": 272_008}, _usage(7, 1)),),
    )
    assert [(row.input, row.output) for row in rows] == [(100, 10), (7, 1)]


def test_an_estimate_does_not_hide_the_call_before_it(tmp_path: Path) -> None:
    one = _usage(100, 10)
    rows = _rows(tmp_path, _meta(), _turn(), _count(one, one), _count(_usage(150, 12), _usage(0, 0)))
    assert [(row.input, row.output) for row in rows] == [(100, 10), (50, 2)]


def test_an_answer_with_a_record_of_its_own_counts_once_with_its_id(tmp_path: Path) -> None:
    one, two = _usage(100, 10), _usage(50, 2)
    both = _usage(150, 12)
    checkpoint = {"type": "compacted", "payload": {"latest_token_usage_record": {"usage": two, "response_id": "r2"}}}
    rows = _rows(
        *(tmp_path, _meta(), _turn(), _record(one, one, "r1"), _record(two, both, "r2"), checkpoint),
        *(_count(one, one), _count(both, two), _count(both, _usage(0, 0) | {"total_tokens": 9})),
    )
    assert [(row.input, row.response_id) for row in rows] == [(100, "r1"), (50, "r2")]


def test_an_older_version_may_go_on_with_a_thread(tmp_path: Path) -> None:
    one = _usage(100, 10)
    again = _event("task_started")
    lines = _record(one, one, "r1"), _count(one, one), again, _turn(), _count(_usage(200, 20), one)
    assert len(_rows(tmp_path, _meta(), _turn(), *lines)) == 2


def test_models_and_days_change_within_a_session(tmp_path: Path) -> None:
    one = _usage(100, 10)
    late = datetime(2026, 5, 2, 0, 0, 1, tzinfo=UTC)
    rows = _rows(
        *(tmp_path, _meta(), _turn("gpt-5.5"), _count(one, one)),
        *(_turn("gpt-oss:20b"), _count(_usage(200, 20), one, late)),
    )
    assert [(row.model, row.time.day) for row in rows] == [("gpt-5.5", 1), ("gpt-oss:20b", 2)]


def test_a_model_that_is_named_later(tmp_path: Path) -> None:
    one = _usage(100, 10)
    assert [row.model for row in _rows(tmp_path, _meta(), _count(one, one), _turn("gpt-5.5"))] == ["gpt-5.5"]


def test_without_a_model_or_what_the_session_is(tmp_path: Path) -> None:
    one = _usage(100, 10)
    (row,) = _rows(tmp_path, _count(one, one))
    assert (row.model, row.provider, row.session) == (None, "openai", _PARENT)


def test_events_without_their_wrapper(tmp_path: Path) -> None:
    one = _usage(100, 10)
    info = {"total_token_usage": one, "last_token_usage": one}
    bare = {"timestamp": _iso(_T0), "type": "token_count", "info": info}
    head = {"id": _PARENT, "timestamp": _iso(_T0), "instructions": None}
    assert [row.input for row in _rows(tmp_path, head, bare)] == [100]
    message = {"id": "1", "msg": {"type": "token_count", **one}}
    assert [row.input for row in _rows(tmp_path, head, message)] == [100]


@pytest.mark.parametrize("parent", ["read first", "read later", "archived", "compressed", "missing"])
@pytest.mark.parametrize("both", [True, False], ids=["parent's meta too", "own meta only"])
@pytest.mark.parametrize("spawned", [True, False], ids=["sub-agent", "fork"])
def test_a_fork_begins_with_copies(tmp_path: Path, parent: str, both: bool, spawned: bool) -> None:
    one, two, three, own = _usage(100, 10), _usage(300, 30), _usage(600, 60), _usage(650, 61)
    lasts = one, _usage(200, 20), _usage(300, 30)
    original = [
        *(_meta(), _turn(), _count(one, lasts[0], _at(1)), _count(two, lasts[1], _at(60))),
        _count(three, lasts[2], _at(7000)),
    ]
    forked = _at(3600)
    source = {"subagent": {"thread_spawn": {"parent_thread_id": _PARENT, "depth": 1}}}
    told: Line = {"source": source} if spawned else {"forked_from_id": _PARENT}
    copy = [
        _meta(_CHILD, forked, **told),
        *([_meta(at=forked)] if both else []),
        *(_turn(at=forked), _count(one, lasts[0], forked), _count(two, lasts[1], forked + timedelta(milliseconds=3))),
        *(_turn("gpt-5.5", at=_at(3605)), _count(own, _usage(350, 31), _at(3610))),
    ]
    order = ("sessions", "aa") if parent == "read later" else ("sessions", "zz")
    _write(tmp_path, _CHILD, *copy, folder=f"{order[0]}/2026/05/01/{order[1]}")
    if parent == "archived":
        _write(tmp_path, _PARENT, *original, folder="archived_sessions")
    elif parent == "compressed":
        path = _write(tmp_path, _PARENT, *original)
        path.with_name(f"{path.name}.zst").write_bytes(zstd.compress(path.read_bytes()))
        path.unlink()
    elif parent != "missing":
        _write(tmp_path, _PARENT, *original)
    rows = sorted(calls(IMPORTER, tmp_path).values(), key=lambda row: row.time)
    mine = [(row.input, row.model, row.time) for row in rows if row.session == _CHILD]
    assert mine == [(350, "gpt-5.5", _at(3610))]
    theirs = [] if parent == "missing" else [100, 200, 300]
    assert [row.input for row in rows if row.session == _PARENT] == theirs


def test_sub_agents_with_turns_of_equal_size_all_count(tmp_path: Path) -> None:
    one, two = _usage(100, 10), _usage(200, 20)
    _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one, _at(1)), _count(two, one, _at(50)))
    for child in (_CHILD, _OTHER):
        head = _meta(child, _at(20), forked_from_id=_PARENT), _meta(at=_at(20))
        copied, own = _count(one, one, _at(20)), _count(two, one, _at(21))
        _write(tmp_path, child, *head, _turn(at=_at(20)), copied, _turn(at=_at(20)), own)
    rows = calls(IMPORTER, tmp_path).values()
    assert Counter(row.session for row in rows) == {_PARENT: 2, _CHILD: 1, _OTHER: 1}


def test_a_fork_of_a_fork(tmp_path: Path) -> None:
    one, two, three = _usage(100, 10), _usage(300, 30), _usage(600, 60)
    first = [_turn(), _count(one, one, _at(1))]
    _write(tmp_path, _PARENT, _meta(), *first)
    middle = [_meta(_CHILD, _at(100), forked_from_id=_PARENT), _meta(at=_at(100)), *_moved(first, _at(100))]
    middle += [_turn(at=_at(110)), _count(two, _usage(200, 20), _at(120))]
    _write(tmp_path, _CHILD, *middle)
    last = [_meta(_OTHER, _at(200), forked_from_id=_CHILD), *_moved(middle, _at(200))]
    last += [_turn(at=_at(210)), _count(three, _usage(300, 30), _at(220))]
    _write(tmp_path, _OTHER, *last)
    rows = calls(IMPORTER, tmp_path).values()
    assert sorted((row.input, row.session) for row in rows) == [(100, _PARENT), (200, _CHILD), (300, _OTHER)]


def test_a_sub_agent_that_is_told_nothing_counts_from_its_first_call(tmp_path: Path) -> None:
    one = _usage(100, 10)
    source = {"subagent": {"thread_spawn": {"parent_thread_id": _PARENT, "depth": 1}}}
    _write(tmp_path, _CHILD, _meta(_CHILD, source=source), _turn(), _count(one, one, _at(0.4)))
    review = _meta(_OTHER, source={"subagent": "review"})
    _write(tmp_path, _OTHER, review, _turn("codex-auto-review"), _count(one, one, _at(0.4)))
    assert len(calls(IMPORTER, tmp_path)) == 2


def test_a_fork_that_points_to_its_parent_counts_what_its_own_calls_used(tmp_path: Path) -> None:
    meta = _meta(_CHILD, forked_from_id=_PARENT, history_base={"thread_id": _PARENT, "end_ordinal_exclusive": 28})
    (row,) = _rows(tmp_path, meta, _turn(), _count(_usage(40_481, 12), _usage(15_164, 4)), thread=_CHILD)
    assert (row.input, row.output) == (15_164, 4)


def test_turns_that_are_older_than_the_thread_are_copies(tmp_path: Path) -> None:
    parent, child = _uuid7(_at(0)), _uuid7(_at(3600))
    one, two = _usage(100, 10), _usage(200, 20)
    lines = [
        *(_meta(child, _at(3600), forked_from_id=parent), _turn(at=_at(3600), turn_id=_uuid7(_at(1)))),
        _count(one, one, _at(3600)),
        *(_turn(at=_at(3600.01), turn_id=_uuid7(_at(3600.01))), _count(two, one, _at(3600.2))),
    ]
    (row,) = _rows(tmp_path, *lines, thread=child)
    assert row.time == _at(3600.2)


def test_a_reviewer_that_begins_with_what_another_left(tmp_path: Path) -> None:
    one, own = _usage(100, 10), _usage(300, 12)
    latest = {"thread_id": _OTHER, "response_id": "r1", "usage": one}
    compacted = {"timestamp": _iso(_T0), "type": "compacted", "payload": {"latest_token_usage_record": latest}}
    settings = _event("thread_settings_applied", thread_id=_PARENT, thread_settings={"model": "codex-auto-review"})
    used = _usage(200, 2)
    meta = _meta(source={"subagent": {"other": "guardian"}})
    begins = meta, compacted, _count(one, one)
    (row,) = _rows(tmp_path, *begins, settings, _record(used, own, "r2"), _count(own, used, _at(9)))
    assert (row.input, row.model, row.response_id) == (200, "codex-auto-review", "r2")


def test_a_copied_estimate_is_no_first_call(tmp_path: Path) -> None:
    one, estimate = _usage(1000, 10), _usage(0, 0) | {"total_tokens": 400}
    _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one, _at(1)), _count(one, estimate, _at(2)))
    head = _meta(_CHILD, _at(20), forked_from_id=_PARENT), _count(one, estimate, _at(20))
    _write(tmp_path, _CHILD, *head, _turn(at=_at(30)), _count(_usage(1300, 13), _usage(300, 3), _at(40)))
    assert sorted(row.input or 0 for row in calls(IMPORTER, tmp_path).values()) == [300, 1000]


def test_a_compaction_that_only_its_record_tells_of(tmp_path: Path) -> None:
    one, summary, next = _usage(100, 10), _usage(90, 30), _usage(50, 5)
    rows = _rows(
        *(tmp_path, _meta(), _turn(), _record(one, one, "r1"), _count(one, one)),
        *(_record(summary, _usage(190, 40), "r2"), _count(one, _usage(0, 0) | {"total_tokens": 20})),
        *(_event("task_started"), _turn(), _record(next, _usage(240, 45), "r3"), _count(_usage(150, 15), next)),
    )
    assert [(row.input, row.response_id) for row in rows] == [(100, "r1"), (90, "r2"), (50, "r3")]


def test_a_long_copy_may_take_a_while(tmp_path: Path) -> None:
    """A thread's id and those of its turns tell, also without its parent's file."""
    parent, child = _uuid7(_at(0)), _uuid7(_at(3600))
    one, two, three = _usage(100, 10), _usage(200, 20), _usage(300, 30)
    lines = [
        *(_meta(child, _at(3600), forked_from_id=parent), _turn(at=_at(3600), turn_id=_uuid7(_at(1)))),
        *(_count(one, one, _at(3600)), _count(two, one, _at(3609))),
        *(_turn(at=_at(3620), turn_id=_uuid7(_at(3620))), _count(three, one, _at(3630))),
    ]
    (row,) = _rows(tmp_path, *lines, thread=child)
    assert row.time == _at(3630)


def test_a_fork_from_an_earlier_turn_may_do_as_its_parent_did(tmp_path: Path) -> None:
    one, two = _usage(100, 10), _usage(200, 20)
    _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one, _at(1)), _count(two, one, _at(50)))
    head = _meta(_CHILD, _at(100), forked_from_id=_PARENT), _meta(at=_at(100)), _count(one, one, _at(100))
    _write(tmp_path, _CHILD, *head, _turn(at=_at(110)), _count(two, one, _at(120)))
    assert Counter(row.session for row in calls(IMPORTER, tmp_path).values()) == {_PARENT: 2, _CHILD: 1}


@pytest.mark.parametrize("there", [True, False])
def test_a_fork_that_is_written_some_time_after_it_began(tmp_path: Path, there: bool) -> None:
    one, two = _usage(100, 10), _usage(300, 30)
    if there:
        _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one, _at(1)))
    head = _meta(_CHILD, _at(100), forked_from_id=_PARENT), _meta(at=_at(100)), _count(one, one, _at(100))
    own = _turn(at=_at(130)), _count(two, _usage(200, 20), _at(140))
    _write(tmp_path, _CHILD, *_moved([*head], _at(125)), *own)
    assert Counter(row.session for row in calls(IMPORTER, tmp_path).values()) == (
        {_CHILD: 1, _PARENT: 1} if there else {_CHILD: 1}
    )


def test_a_total_that_begins_anew_as_it_began(tmp_path: Path) -> None:
    one, two = _usage(100, 10), _usage(300, 30)
    lines = _count(one, one), _count(two, _usage(200, 20)), _count(one, one, _at(900))
    assert [row.input for row in _rows(tmp_path, _meta(), _turn(), *lines)] == [100, 200, 100]


@pytest.mark.parametrize("said", [{"forked_from_id": _PARENT}, {"history_base": {"thread_id": _PARENT}}])
def test_what_a_fork_has_from_its_parent_is_no_call(tmp_path: Path, said: Line) -> None:
    estimate = _usage(0, 0) | {"total_tokens": 20}
    lines = _count(_usage(9000, 90), estimate, _at(60)), _count(_usage(9100, 91), _usage(100, 1), _at(70))
    rows = _rows(tmp_path, _meta(_CHILD, **said), _turn(at=_at(50)), *lines, thread=_CHILD)
    assert [row.input for row in rows] == [100]


def test_an_older_version_may_go_on_where_a_newer_one_broke_off(tmp_path: Path) -> None:
    one, two = _usage(100, 10), _usage(200, 20)
    lines = _record(one, one, "r1"), _count(one, one), _record(one, two, "r2"), _event("task_started"), _turn()
    more = _count(_usage(130, 13), _usage(30, 3)), _count(_usage(170, 17), _usage(40, 4))
    rows = _rows(tmp_path, _meta(), *lines, *more)
    assert [row.input for row in rows] == [100, 100, 30, 40]


def test_the_same_file_in_two_places_is_one_session(tmp_path: Path) -> None:
    one = _usage(100, 10)
    lines = _meta(), _turn(), _count(one, one)
    _write(tmp_path, _PARENT, *lines)
    _write(tmp_path, _PARENT, *lines, folder="archived_sessions")
    packed = _write(tmp_path, _PARENT, *lines, folder="sessions/2026/05/02")
    packed.with_name(f"{packed.name}.zst").write_bytes(zstd.compress(packed.read_bytes()))
    assert len(calls(IMPORTER, tmp_path)) == 1


def test_another_home(tmp_path: Path) -> None:
    one = _usage(100, 10)
    path = _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one))
    (tmp_path / "user").mkdir()
    assert not calls(IMPORTER, tmp_path / "user")
    assert calls(IMPORTER, tmp_path / "user", CODEX_HOME=str(tmp_path / ".codex"))
    assert list(IMPORTER.logs(Home(tmp_path, {"CODEX_HOME": str(tmp_path / ".codex")}, "linux"))) == [str(path)]


@pytest.mark.parametrize("odd", [-5, 1e30, "12", None, True, [], {}, 1.5])
@pytest.mark.parametrize("place", ["last_token_usage", "total_token_usage", "info", "payload", "timestamp", "model"])
def test_odd_values_do_not_harm_the_rest(tmp_path: Path, odd: object, place: str) -> None:
    one, two = _usage(100, 10), _usage(300, 30)
    event = _count(one, one, _at(1))
    if place in ("info", "payload", "timestamp"):
        (event["payload"] if place == "info" else event)[place] = odd
    elif place == "model":
        event["payload"]["info"]["model"] = odd
    else:
        event["payload"]["info"][place] = one | {"output_tokens": odd}
    rows = _rows(tmp_path, _meta(), _turn(), event, _count(two, _usage(200, 20), _at(2)))
    assert (rows[-1].input, rows[-1].output) == (200, 20)


@pytest.mark.parametrize(
    "odd", [None, True, -1, 1e30, 10**400, "", "\ud800", "x" * 9000, [], [[]], {}, {"a": {"b": 1}}]
)
def test_an_odd_value_in_any_place(tmp_path: Path, odd: object) -> None:
    one, two, own = _usage(100, 10), _usage(300, 30), _usage(350, 31)
    _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one, _at(1)), _count(two, _usage(200, 20), _at(2)))
    source = {"subagent": {"thread_spawn": {"parent_thread_id": _PARENT}}}
    lines = [
        _meta(_CHILD, _at(9), forked_from_id=_PARENT, source=source),
        *(_meta(at=_at(9)), _turn(at=_at(9), turn_id=_uuid7(_at(1))), _count(one, one, _at(9))),
        {"timestamp": _iso(_at(9)), "type": "compacted", "payload": {"latest_token_usage_record": {"thread_id": "x"}}},
        _event("thread_settings_applied", _at(10), thread_id=_CHILD, thread_settings={"model": "m"}),
        *(_event("task_started", _at(10), turn_id=_uuid7(_at(10))), _record(_usage(50, 1), own, "r1")),
        _count(own, _usage(50, 1), _at(11)),
    ]
    last = _count(_usage(357, 32), _usage(7, 1), _at(60))
    for place in _places(lines):
        changed = copy.deepcopy(lines)
        holder: Any = changed
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = odd
        _write(tmp_path, _CHILD, *changed, _turn(at=_at(50)), last)
        rows = calls(IMPORTER, tmp_path).values()
        assert {100, 200, 7} <= {row.input for row in rows}, place


def _places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield (*before, name)
        yield from _places(each, (*before, name))


def test_what_is_damaged_or_new_is_told(tmp_path: Path) -> None:
    one = _usage(100, 10, brand_new_tokens=7)
    path = _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one))
    content = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(content + b'{"type":"event_msg","payload":{"type":"token_count",\n\x00\x00\n\xff\n')
    rows, counts = read(IMPORTER, tmp_path)
    assert len(rows) == 1
    assert counts == {"damaged": 1, "unknown:usage.brand_new_tokens": 1}


def test_a_compressed_file_that_breaks_off(tmp_path: Path) -> None:
    one = _usage(100, 10)
    path = _write(tmp_path, _PARENT, _meta(), _turn(), _count(one, one))
    whole = zstd.compress(path.read_bytes())
    path.unlink()
    path.with_name(f"{path.name}.zst").write_bytes(whole[:-9])
    assert read(IMPORTER, tmp_path)[1]["damaged"] == 1


@given(seed=st.integers(0, 50), cut=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_read_in_two_parts_it_is_the_same(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float) -> None:
    home = tmp_path_factory.mktemp("home")
    generator.write(home, seed, threads=2)
    for path in sorted(home.rglob("*.jsonl")):
        content = path.read_bytes()
        whole = _kept([Log(str(path))])
        path.write_bytes(content[: int(len(content) * cut)])
        log = Log(str(path))
        before = _kept([log])
        path.write_bytes(content)
        after = json.loads(json.dumps(log.state))
        again = Log(str(path), offset=log.offset, mark=log.mark, state=after, fresh=False)
        for row in IMPORTER.read(again):
            before[row.key] = merged(before[row.key], row) if row.key in before else row
        assert before == whole


def _kept(logs: Iterable[Log]) -> dict[str, UsageRecord]:
    kept: dict[str, UsageRecord] = {}
    for log in logs:
        for row in IMPORTER.read(log):
            kept[row.key] = merged(kept[row.key], row) if row.key in kept else row
    return kept


def _rows(home: Path, *lines: Line, thread: str = _PARENT) -> list[UsageRecord]:
    _write(home, thread, *lines)
    return list(calls(IMPORTER, home).values())


def _write(home: Path, thread: str, *lines: Line, folder: str = "sessions/2026/05/01") -> Path:
    path = home / ".codex" / folder / f"rollout-2026-05-01T10-00-00-{thread}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def _at(seconds: float) -> datetime:
    return _T0 + timedelta(seconds=seconds)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _uuid7(at: datetime) -> str:
    digits = f"{round(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-00000000000a"


def _meta(id: str = _PARENT, at: datetime = _T0, **more: Any) -> Line:
    payload = {"id": id, "timestamp": _iso(at), "cwd": "/w", "model_provider": "agent-router"} | more
    return {"timestamp": _iso(at), "type": "session_meta", "payload": payload}


def _turn(model: str = "gpt-5.3-codex", at: datetime = _T0, **more: Any) -> Line:
    return {"timestamp": _iso(at), "type": "turn_context", "payload": {"cwd": "/w", "model": model} | more}


def _event(kind: str, at: datetime = _T0, **payload: Any) -> Line:
    return {"timestamp": _iso(at), "type": "event_msg", "payload": {"type": kind} | payload}


def _usage(input: int, output: int, cached: int = 0, reasoning: int = 0, **more: int) -> dict[str, Any]:
    return {
        "input_tokens": input,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_output_tokens": reasoning,
        "total_tokens": input + output,
    } | more


def _count(total: Line | None, last: Line | None, at: datetime = _T0) -> Line:
    told = {"total_token_usage": total, "last_token_usage": last}
    info = {name: usage for name, usage in told.items() if usage is not None}
    return _event("token_count", at, info=info, rate_limits=None)


def _record(usage: Line, total: Line, id: str) -> Line:
    payload = {"thread_id": _PARENT, "response_id": id, "usage": usage, "thread_token_usage": total}
    return {"timestamp": _iso(_T0), "type": "token_usage_record", "payload": payload}


def _moved(lines: list[Line], at: datetime) -> list[Line]:
    return [line | {"timestamp": _iso(at)} for line in lines]
