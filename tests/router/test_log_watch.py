"""Importing again and again: at a change, after a minute, and until it is told to stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from agent_router import log_watch
from agent_router.log_watch import watch


class Runs:
    """Counts, and stops after some."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.stop = threading.Event()
        self.times: list[float] = []

    def __call__(self) -> None:
        self.times.append(time.monotonic())
        if len(self.times) >= self.most:
            self.stop.set()


def test_at_a_change_also_in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_watch, "QUIET_MS", 50)
    runs = Runs(2)
    thread = threading.Thread(target=watch, args=(lambda: [str(tmp_path)], runs, runs.stop))
    thread.start()
    for number in range(2):
        time.sleep(0.5)
        folder = tmp_path / f"day-{number}"
        folder.mkdir()
        (folder / "log.jsonl").write_text("{}\n")
        deadline = time.monotonic() + 10
        while len(runs.times) <= number:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("folders", [[], ["/nowhere/at/all"]])
def test_without_anything_to_watch(monkeypatch: pytest.MonkeyPatch, folders: list[str]) -> None:
    monkeypatch.setattr(log_watch, "EVERY_S", 0.1)
    runs = Runs(3)
    watch(lambda: folders, runs, runs.stop)
    assert len(runs.times) == 3
    assert runs.times[-1] - runs.times[0] > 0.15


def test_after_a_while_without_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_watch, "EVERY_S", 0.3)
    runs = Runs(2)
    watch(lambda: [str(tmp_path)], runs, runs.stop)
    assert len(runs.times) == 2
