"""`agent-router families`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_router.config import LEDGER
from agent_telemetry import learned
from agent_telemetry.ledger import Ledger
from tests.router.cli.command import Command
from tests.telemetry.learning_rows import family
from tests.telemetry.learning_rows import learned as made


@pytest.fixture
def ledger(home: Path) -> Path:
    """A ledger with two families."""
    path = home / "data" / LEDGER
    ledger = Ledger(path)
    ledger.record(
        made(family(), family("ask-99ff00aa", kind="ask", label="explain …", rung="shadow", requests=3, local=0))
    )
    ledger.close()
    return path


def test_before_the_first_request_it_says_what_to_do(run: Command, home: Path) -> None:
    for arguments in (("families",), ("families", "list")):
        ran = run(*arguments)
        assert ran.status == 0
        assert "No family was met yet" in ran.out
    assert run("families", "list", "--json").json == {"families": [], "known": 0}
    assert not (home / "data" / LEDGER).exists()


def test_the_list_shows_those_seen_most_often_first(run: Command, ledger: Path) -> None:
    out = run("families", "list").out
    assert out.index("title-0a1b2c3d") < out.index("ask-99ff00aa")
    assert "0.97" in out
    found = run("families", "list", "--json").json["families"]
    assert [(each["name"], each["rung"], each["agents"]) for each in found] == [
        ("title-0a1b2c3d", "local", ["opencode", "codex"]),
        ("ask-99ff00aa", "shadow", ["opencode", "codex"]),
    ]
    assert [each["name"] for each in run("families", "list", "--rung", "shadow", "--json").json["families"]] == [
        "ask-99ff00aa"
    ]
    assert len(run("families", "list", "--limit", "1", "--json").json["families"]) == 1


def test_one_is_shown_with_how_it_came_there(run: Command, ledger: Path) -> None:
    out = run("families", "show", "title").out
    for said in ("title-0a1b2c3d", "seen       40 times", "shadow → local: earned: 0.97", "0.97 (≥ 0.91)"):
        assert said in out
    found = run("families", "show", "title-0a1b2c3d", "--json").json
    assert found["moves"][0]["after"] == "local"
    assert found["pin"] is None


def test_it_is_pinned_and_let_go(run: Command, ledger: Path) -> None:
    assert run("families", "pin", "title", "closed").status == 0
    assert [(pin.family, pin.route) for pin in learned.pins(ledger)] == [("title-0a1b2c3d", "closed")]
    assert "pinned closed" in run("families", "show", "title").out
    assert run("families", "list", "--json").json["families"][0]["pin"] == "closed"
    assert run("families", "pin", "title", "none", "--json").json == {"family": "title-0a1b2c3d", "pin": None}
    assert learned.pins(ledger) == []


def test_it_is_forgotten(run: Command, ledger: Path) -> None:
    assert "is forgotten" in run("families", "forget", "title").out
    assert [each.name for each in learned.families(ledger)] == ["ask-99ff00aa"]


def test_what_is_wrong_is_said(run: Command, ledger: Path) -> None:
    ran = run("families", "show", "nothing")
    assert ran.status == 1
    assert "There is no family 'nothing'" in ran.err
    ran = run("families", "show", "", "--json")
    assert ran.status == 1
    assert "2 families begin with" in ran.json["error"]
    assert run("families", "pin", "title", "sideways").status == 2


def test_a_file_that_is_no_ledger(run: Command, home: Path) -> None:
    (home / "data").mkdir(parents=True, exist_ok=True)
    (home / "data" / LEDGER).write_bytes(b"no database" * 1000)
    ran = run("families", "list")
    assert ran.status == 1
    assert "cannot be used" in ran.err
