"""Responses that are kept: bounded in number, bytes and time; on disk only where that is allowed."""

from __future__ import annotations

import asyncio
import stat
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_router.wire.responses import store as stores
from agent_router.wire.responses.items import Item
from agent_router.wire.responses.kept import Kept, asked_items, told_items
from agent_router.wire.responses.store import DISK_SECONDS, MOST, SECONDS, ResponseStore, Stored


def stored(
    id: str = "resp_1", time: float = 0.0, said: str = "secret words", before: Sequence[Kept] = (), size: int = 0
) -> Stored:
    """`size`: about as many bytes of a response."""
    output = [{"type": "message", "id": f"msg_{id}", "role": "assistant", "content": said}]
    response = msgspec.json.encode({"id": id, "output": output, "metadata": {"x": "x" * size}})
    given: list[Item] = [kept.item for kept in before] + [{"role": "user", "content": "hi"}]
    asked = asked_items(given, [*before, None], id, private=False)
    return Stored(id, response, asked, told_items(output, id, None, held=False, private=False), time)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_response_is_kept_for_an_hour() -> None:
    clock = Clock()
    store = ResponseStore(clock=clock)
    store.put(stored())
    assert store.get("resp_1") is not None
    assert [kept.item["role"] for kept in store.get("resp_1").conversation] == ["user", "assistant"]  # type: ignore[union-attr]
    assert store.item("msg_resp_1") is not None
    clock.now = SECONDS + 1
    assert store.get("resp_1") is None
    assert len(store) == 0


def test_the_oldest_leave_where_there_are_too_many_or_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ResponseStore(clock=Clock())
    for number in range(MOST + 5):
        store.put(stored(f"resp_{number}"))
    assert len(store) == MOST
    assert store.get("resp_0") is None
    monkeypatch.setattr(stores, "MOST_BYTES", 40_000)
    for number in range(20):
        store.put(stored(f"resp_b{number}", size=8_000))
    assert len(store) == 4
    assert store.item("msg_resp_b19") is not None
    assert store.item("msg_resp_b9") is None
    store.put(stored("resp_big", size=50_000))
    assert len(store) == 0
    assert (store._size, store._uses, store._items) == (0, {}, {})


def test_what_turns_share_is_counted_once_and_as_much_as_it_takes() -> None:
    tracemalloc.start()
    store = ResponseStore(clock=Clock())
    before: list[Kept] = []
    for number in range(150):
        turn = stored(f"resp_{number}", said=f"{number} " * 800, before=before)
        store.put(turn)
        before = turn.conversation
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.6 * taken < store._size < 1.6 * taken
    store.delete("resp_149")
    assert store.item("msg_resp_149") is None
    assert store.item("msg_resp_0") is not None  # which later turns hold
    store.delete("resp_0")
    assert store.item("msg_resp_0") is not None


def test_an_item_is_found_without_looking_through_all() -> None:
    store = ResponseStore(clock=Clock())
    for number in range(900):
        store.put(stored(f"resp_{number}", said="word " * 2000))
    began = time.perf_counter()
    for number in range(100):
        assert store.item(f"msg_nobody{number}") is None
    assert time.perf_counter() - began < 0.05


def test_one_that_is_put_again_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_BYTES", 10_000)
    store = ResponseStore(clock=Clock())
    for _ in range(20):
        store.put(stored(size=6_000))
    assert len(store) == 1


async def test_what_is_deleted_while_it_is_being_written_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = stores._write

    def slowly(*given: Any) -> None:
        time.sleep(0.1)
        write(*given)

    monkeypatch.setattr(stores, "_write", slowly)
    store = ResponseStore(tmp_path, clock=Clock())
    store.put(stored())
    await asyncio.sleep(0.02)
    assert store.delete("resp_1")
    assert store.get("resp_1") is None
    await store.flush()
    assert store.get("resp_1") is None
    assert list(tmp_path.iterdir()) == []
    store.put(stored())
    await store.flush()
    assert store.get("resp_1") is not None


async def test_on_disk_they_outlive_the_process_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    folder, clock = tmp_path / "responses", Clock()
    store = ResponseStore(folder, clock=clock)
    store.put(stored())
    await store.flush()
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    clock.now = SECONDS + 1
    again = ResponseStore(folder, clock=clock)
    found = again.get("resp_1")
    assert found is not None
    assert msgspec.json.encode(found) == msgspec.json.encode(stored())
    assert again.delete("resp_1")
    assert list(folder.iterdir()) == []
    assert not again.delete("resp_1")
    clock.now = DISK_SECONDS + 2


async def test_what_is_old_on_disk_is_pruned_at_the_start(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path, clock=Clock())
    store.put(stored())
    await store.flush()
    (tmp_path / "resp_2.half").write_text("cut short")
    ResponseStore(tmp_path, clock=lambda: (tmp_path / "resp_1.json").stat().st_mtime + DISK_SECONDS + 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("id", ["../../etc/passwd", "resp_../x", "resp_" + "a" * 999, "", "x"])
async def test_an_id_is_no_path(tmp_path: Path, id: str) -> None:
    store = ResponseStore(tmp_path / "responses", clock=Clock())
    store.put(stored(id))
    await store.flush()
    assert not list(tmp_path.glob("**/*.json"))
    assert store.delete(id)
    assert store.get(id) is None


async def test_a_disk_that_takes_nothing_costs_nobody_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    store = ResponseStore(tmp_path / "file" / "responses", clock=Clock())
    store.put(stored())
    await store.flush()
    assert store.get("resp_1") is not None
    assert "could not be kept" in caplog.text
    assert "secret words" not in caplog.text


def test_a_connections_own_are_seen_by_it_alone() -> None:
    shared = ResponseStore(clock=Clock())
    shared.put(stored("resp_shared"))
    own = ResponseStore(before=shared, clock=Clock())
    own.put(stored("resp_own"))
    assert own.get("resp_shared") is not None
    assert own.item("msg_resp_shared") is not None
    assert shared.get("resp_own") is None


def test_what_is_deleted_is_deleted_in_every_connection() -> None:
    shared = ResponseStore(clock=Clock())
    own = ResponseStore(before=shared, clock=Clock())
    for store in (shared, own):
        store.put(stored("resp_both"))
    assert shared.delete("resp_both")
    assert own.get("resp_both") is None
    assert own.item("msg_resp_both") is None
