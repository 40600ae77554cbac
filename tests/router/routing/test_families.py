"""Families: met, learnt, stored without text, restored, forgotten."""

from __future__ import annotations

import msgspec
import pytest

from agent_router.routing import families as module
from agent_router.routing.estimate.estimator import Estimate
from agent_router.routing.families import CLOSED, Families, interval
from agent_router.routing.task import Task
from agent_telemetry.learned import Learned
from tests.router.routing.bodies import SALT, made

SECRET = "Zyxomma"  # a word of prompts that must not be found in anything stored


def ask(number: int = 1, words: str = f"Summarize the letter of {SECRET} number") -> Task:
    return made(f"{words} {number} please", {b"user-agent": b"aider/0.9"})[0]


def taught(families: Families, times: int = 30, good: float = 1.0, words: str | None = None) -> Task:
    task = families.known(ask(0, words) if words else ask(0), "pocket")
    for number in range(times):
        task = families.known(ask(number, words) if words else ask(number), "pocket")
        assert task.reading is not None
        families.learn("pocket", task.reading, good, 1.0)
    return families.known(task, "pocket")


def test_a_family_is_counted_and_its_success_learnt() -> None:
    families = Families(SALT)
    first = families.known(ask(), "pocket")
    assert first.standing is not None
    assert (first.standing.seen, first.standing.evidence, first.standing.rung) == (1, 0.0, "shadow")
    known = taught(families).standing
    assert known is not None
    assert known.seen > 30
    assert known.mean > 0.95
    assert known.lower < known.mean < known.upper <= 1
    assert len(families) == 1


def test_models_are_told_apart() -> None:
    families = Families(SALT)
    taught(families, good=0.0)
    known, other = families.known(ask(), "pocket").standing, families.known(ask(), "qwen").standing
    assert known is not None
    assert other is not None
    assert known.mean < 0.2 < 0.6 < other.mean
    assert other.evidence == 0


def test_what_is_known_of_the_closed_side_is_told_once_there_is_evidence() -> None:
    families = Families(SALT)
    task = families.known(ask(), "pocket")
    assert task.standing is not None
    assert task.standing.closed is None
    assert task.reading is not None
    for _ in range(10):
        families.learn(CLOSED, task.reading, 0.0, 1.0)
    standing = families.known(ask(), "pocket").standing
    assert standing is not None
    assert standing.closed is not None
    assert standing.closed < 0.6


def test_everything_survives_a_restart_and_holds_no_text() -> None:
    families = Families(SALT)
    known = taught(families)
    for _ in range(3):
        families.moved(known.family.name, "local", "earned: 0.98 on 30 outcomes")
    families.answered(known.family.name, local=True, escalated=True, output=12)
    families.answered(known.family.name, local=False, escalated=False, seconds=2.0)
    families.tried(known.family.name)
    learned = families.changes(weights=True)
    assert learned is not None
    assert SECRET.lower() not in msgspec.json.encode(learned).decode().lower()
    assert [move.after for move in learned.moves] == ["local"]
    again = Families(SALT)
    again.restore(learned.families, learned.nodes, learned.states)
    before, after = families.known(ask(), "pocket").standing, again.known(ask(), "pocket").standing
    assert before is not None
    assert after == before
    (row,) = learned.families
    assert (row.local, row.escalated, row.shadowed, row.rung, row.agents) == (1, 1, 1, "local", "aider")
    assert row.closed_seconds == 2.0
    assert again.closed_seconds(row.name) == 2.0
    assert again.output(row.name) == 12


def test_only_what_changed_is_stored_again() -> None:
    families = Families(SALT)
    taught(families)
    assert families.changes(weights=True) is not None
    assert families.changes(weights=True) is None
    families.known(ask(), "pocket")
    learned = families.changes(weights=True)
    assert learned is not None
    assert len(learned.families) == 1
    assert not learned.nodes
    assert not learned.states


def test_a_damaged_state_is_left_out() -> None:
    families = Families(SALT)
    families.restore([], {}, {"estimator pocket": b"\x00not a state", "of something newer": b"?"})
    assert families.known(ask(), "pocket").standing is not None


def test_what_is_forgotten_begins_anew() -> None:
    families = Families(SALT)
    known = taught(families)
    families.changes(weights=False)
    families.forget(known.family.name)
    learned = families.changes(weights=False)
    assert learned is not None
    assert learned.gone_families == (known.family.name,)
    assert learned.gone_nodes["pocket"]
    standing = families.known(ask(), "pocket").standing
    assert standing is not None
    assert (standing.seen, standing.rung) == (1, "shadow")
    assert standing.evidence < 8


def test_the_weakest_leave_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FAMILIES", 50)
    families = Families(SALT)
    often = taught(families)
    for number in range(200):
        families.known(made(" ".join(chr(97 + (number * k) % 26) * 5 for k in range(1, 8)))[0], "pocket")
    assert len(families) <= 50
    standing = families.known(ask(), "pocket").standing
    assert standing is not None
    assert standing.seen > 30
    learned = families.changes(weights=False)
    assert learned is not None
    assert often.family.name not in learned.gone_families


def test_another_model_under_the_name_counts_less_and_gives_the_closed_another_chance() -> None:
    families = Families(SALT)
    known = taught(families, good=0.0)
    for _ in range(3):
        families.moved(known.family.name, "closed", "not good enough")
    before = families.known(ask(), "pocket").standing
    families.model_changed("pocket")
    after = families.known(ask(), "pocket").standing
    assert before is not None
    assert after is not None
    assert after.evidence < before.evidence
    assert after.rung == "shadow"
    assert (after.seen, after.fresh) == (before.seen + 1, 1)  # it is tried as often as something new


def test_a_pin_is_told() -> None:
    families = Families(SALT)
    task = families.known(ask(), "pocket")
    families.pin({task.family.name: "closed"})
    standing = families.known(ask(), "pocket").standing
    assert standing is not None
    assert standing.pin == "closed"


def test_what_is_not_known_is_no_error() -> None:
    families = Families(SALT)
    families.answered("ask-none", local=True, escalated=False)
    families.tried("ask-none")
    families.moved("ask-none", "local", "")
    families.forget("ask-none")
    assert families.output("ask-none") is None
    learned = families.changes(weights=True)
    assert isinstance(learned, Learned)
    assert learned.gone_families == ("ask-none",)


def test_the_interval_narrows_with_evidence() -> None:
    wide, narrow = interval(Estimate(0.9, 4.0)), interval(Estimate(0.9, 100.0))
    assert wide[0] < narrow[0] < 0.9 < narrow[1] < wide[1] <= 1


def test_a_family_follows_its_requests_after_three_in_a_row() -> None:
    families = Families(SALT)
    name = families.known(ask(), "pocket").family.name
    for rung in ("local", "local", "shadow", "local", "canary", "local", "local"):
        families.moved(name, rung, "")  # type: ignore[arg-type]
    learned = families.changes(weights=False)
    assert learned is not None
    assert learned.moves == ()
    families.moved(name, "local", "earned")
    learned = families.changes(weights=False)
    assert learned is not None
    assert [(move.before, move.after, move.why) for move in learned.moves] == [("shadow", "local", "earned")]
