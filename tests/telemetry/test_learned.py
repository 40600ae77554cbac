"""What was learnt, through the ledger and back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agent_telemetry import learned
from agent_telemetry.learned import Learned, Pin
from agent_telemetry.ledger import Ledger
from tests.telemetry.learning_rows import family
from tests.telemetry.learning_rows import learned as made


def written(path: Path, *rows: Learned) -> Path:
    ledger = Ledger(path / "ledger.sqlite3")
    for row in rows:
        ledger.record(row)
    ledger.close()
    return ledger.path


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = written(tmp_path, made())
    assert learned.families(path) == [family()]
    assert [(move.before, move.after, move.why) for move in learned.moves(path)] == [
        ("shadow", "local", "earned: 0.97")
    ]
    assert learned.moves(path, "title-other") == []
    assert set(learned.nodes(path, "pocket")) == {
        ("00000000000000aa", 3.0, 4.0, 0.5),
        ("00000000000000cc", 1.0, 1.0, 0.5),
    }
    assert list(learned.nodes(path, "another")) == []
    assert learned.states(path) == {"estimator pocket": b"\x00\x01"}


def test_a_later_row_takes_the_place_of_an_earlier(tmp_path: Path) -> None:
    later = made(family(requests=41), moves=(), nodes={"pocket": (("00000000000000aa", 9.0, 9.0, 0.1),)}, states={})
    path = written(tmp_path, made(), later)
    assert [row.requests for row in learned.families(path)] == [41]
    assert ("00000000000000aa", 9.0, 9.0, 0.1) in set(learned.nodes(path, "pocket"))


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    gone = Learned(gone_families=(family().name,), gone_nodes={"pocket": ("00000000000000aa",)})
    path = written(tmp_path, made(), gone)
    assert learned.families(path) == []
    assert [node[0] for node in learned.nodes(path, "pocket")] == ["00000000000000cc"]


def test_pins(tmp_path: Path) -> None:
    path = written(tmp_path, made())
    learned.pin(path, "title-0a1b2c3d", "local")
    learned.pin(path, "title-0a1b2c3d", "closed")
    assert learned.pins(path) == [Pin("title-0a1b2c3d", "closed")]
    learned.pin(path, "title-0a1b2c3d", None)
    assert learned.pins(path) == []


def test_forgetting_leaves_word_for_a_running_router(tmp_path: Path) -> None:
    path = written(tmp_path, made())
    learned.pin(path, family().name, "local")
    learned.forget(path, family().name)
    assert learned.families(path) == learned.moves(path) == learned.pins(path) == []
    assert [node[0] for node in learned.nodes(path, "pocket")] == ["00000000000000cc"]
    assert learned.forgotten(path) == [family().name]
    written(tmp_path, Learned(gone_families=(family().name,)))
    assert learned.forgotten(path) == []


def test_without_a_ledger_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite3"
    assert learned.families(path) == learned.moves(path) == learned.pins(path) == learned.forgotten(path) == []
    assert learned.states(path) == {}
    with pytest.raises(sqlite3.Error):
        learned.pin(path, "x", "local")
    assert not path.exists()
