"""Responses that are kept: bounded in number, bytes and time; on disk only where that is allowed."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from agent_router.wire.responses import store as stores
from agent_router.wire.responses.store import DISK_SECONDS, MOST, SECONDS, ResponseStore, Stored


def stored(id: str = "resp_1", time: float = 0.0, size: int = 10, said: str = "secret words") -> Stored:
    output = [{"type": "message", "id": f"msg_{id}", "role": "assistant", "content": said}]
    response = msgspec.json.encode({"id": id, "output": output})
    return Stored(id, response, [{"role": "user", "content": "hi"}], None, size, time)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_response_is_kept_for_an_hour() -> None:
    clock = Clock()
    store = ResponseStore(clock=clock)
    store.put(stored())
    assert store.get("resp_1") is not None
    assert [item.get("role") for item in store.get("resp_1").conversation] == ["user", "assistant"]  # type: ignore[union-attr]
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
    monkeypatch.setattr(stores, "MOST_BYTES", 100)
    for number in range(20):
        store.put(stored(f"resp_b{number}", size=30))
    assert len(store) == 3
    store.put(stored("resp_big", size=1000))
    assert len(store) == 0


def test_one_that_is_put_again_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_BYTES", 100)
    store = ResponseStore(clock=Clock())
    for _ in range(20):
        store.put(stored(size=60))
    assert len(store) == 1


async def test_on_disk_they_outlive_the_process_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    folder, clock = tmp_path / "responses", Clock()
    store = ResponseStore(folder, clock=clock)
    store.put(stored())
    await store.flush()
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    clock.now = SECONDS + 1
    again = ResponseStore(folder, clock=clock)
    assert again.get("resp_1") == stored()
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
