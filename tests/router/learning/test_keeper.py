"""What was learnt is kept, and the user's word is taken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_router.learning import keeper as module
from agent_router.learning.keeper import Keeper
from agent_router.routing.families import Families
from agent_router.routing.task import Task
from agent_telemetry import learned
from agent_telemetry.ledger import Ledger
from tests.router.routing.bodies import SALT, made

TASK = made("Summarize the letter of Ms Zyxomma in one line", {b"user-agent": b"aider/1"})[0]


class House:
    """A keeper over a ledger of its own; `again` is what a restart finds."""

    def __init__(self, path: Path, models: dict[str, str] | None = None) -> None:
        self.path = path / "ledger.sqlite3"
        self.ledger = Ledger(self.path)
        self.ledger.flush()
        self.families = Families(SALT)
        self.keeper = Keeper(self.families, self.ledger, models or {"pocket": "1 2"})

    def learn(self, times: int = 20) -> Task:
        task = TASK
        for _ in range(times):
            task = self.families.known(TASK, "pocket")
            assert task.reading is not None
            self.families.learn("pocket", task.reading, 1.0, 1.0)
        return task

    def end(self) -> None:
        self.keeper.flush()
        self.ledger.close()


def test_what_was_learnt_survives_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.keeper.load()
    house.learn()
    for _ in range(3):
        house.families.moved(TASK.family.name, "local", "earned")
    house.end()
    again = House(tmp_path)
    again.keeper.load()
    before, after = house.families.known(TASK, "pocket").standing, again.families.known(TASK, "pocket").standing
    again.end()
    assert before is not None
    assert after == before
    assert after.rung == "local"
    assert [move.why for move in learned.moves(again.path, TASK.family.name)] == ["earned"]


def test_no_word_of_a_prompt_is_in_the_file(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.learn()
    house.end()
    for file in tmp_path.iterdir():
        assert b"zyxomma" not in file.read_bytes().lower()


def test_another_file_under_the_models_name_counts_less(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.keeper.load()
    house.learn()
    before = house.families.known(TASK, "pocket").standing
    house.end()
    for stamp in ("3 4", "3 4"):
        again = House(tmp_path, {"pocket": stamp})
        again.keeper.load()
        after = again.families.known(TASK, "pocket").standing
        again.end()
        assert before is not None
        assert after is not None
        assert 0.2 * before.evidence < after.evidence < 0.8 * before.evidence  # and only once


def test_a_ledger_that_cannot_be_read_is_no_reason_not_to_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"this is no database" * 100)
    house = House(tmp_path)
    house.keeper.load()
    house.end()
    assert "begins anew" in caplog.text


async def test_pins_and_what_is_to_be_forgotten_are_taken_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.02)
    house = House(tmp_path)
    house.learn()
    house.keeper.flush()
    house.ledger.flush()
    running = asyncio.ensure_future(house.keeper.run())
    learned.pin(house.path, TASK.family.name, "closed")
    await asyncio.sleep(0.2)
    standing = house.families.known(TASK, "pocket").standing
    assert standing is not None
    assert standing.pin == "closed"
    learned.forget(house.path, TASK.family.name)
    await asyncio.sleep(0.2)
    standing = house.families.known(TASK, "pocket").standing
    assert standing is not None
    assert (standing.pin, standing.seen) == (None, 1)
    running.cancel()
    house.end()
    assert learned.forgotten(house.path) == []
