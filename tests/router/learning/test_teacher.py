"""Signals teach families, once a side for each request."""

from __future__ import annotations

import pytest
from msgspec import structs

from agent_router.learning import teacher as module
from agent_router.learning.teacher import Teacher
from agent_router.outcomes.label import Signal, behaved, feedback
from agent_router.routing.families import CLOSED, Families
from agent_router.routing.standing import Standing
from agent_telemetry.outcome import Outcome
from tests.router.routing.bodies import SALT, made

TASK = made("Classify this ticket by its urgency: the lift is stuck")[0]
AGREES = Signal("agreement", 1.0, 0.97, 0.05)
STRONG, WEAK = Signal("feedback", 1.0, 0.98, 0.03), Signal("went on", 0.0, 0.98, 0.55)


class Ledger:
    def __init__(self) -> None:
        self.rows: list[Outcome] = []

    def record(self, row: Outcome) -> None:
        self.rows.append(row)


class House:
    def __init__(self) -> None:
        self.families = Families(SALT)
        self.ledger = Ledger()
        self.teacher = Teacher(self.families, self.ledger)  # type: ignore[arg-type]

    def remember(self, id: str = "r1", side: str = "pocket") -> None:
        known = self.families.known(TASK, "pocket")
        self.teacher.remember(id, known.family.name, known.reading, side)

    @property
    def standing(self) -> Standing:
        standing = self.families.known(TASK, "pocket").standing
        assert standing is not None
        return standing


def test_a_signal_teaches_the_side_that_answered_and_is_kept() -> None:
    house = House()
    house.remember()
    before = house.standing
    assert house.teacher.teach("r1", STRONG, comment="good")
    after = house.standing
    assert after.mean > before.mean
    (row,) = house.ledger.rows
    assert (row.call, row.route, row.signal, row.good, row.comment) == ("r1", "local", "feedback", 1.0, "good")
    assert row.family == TASK.family.name


def test_the_other_side_can_be_taught_too() -> None:
    house = House()
    house.remember(side=CLOSED)
    assert house.teacher.side("r1") == CLOSED
    before = house.standing.mean
    house.teacher.teach("r1", feedback(0.0))
    assert house.standing.mean == before  # of the local model nothing was said
    house.teacher.teach("r1", Signal("agreement", 0.0, 0.97, 0.05), "pocket")
    assert house.standing.mean < before
    assert [row.route for row in house.ledger.rows] == ["closed", "local"]


def test_signals_of_one_request_are_no_independent_evidence() -> None:
    many, once = House(), House()
    for number in range(30):
        for house in (many, once):
            house.remember(f"r{number}")
        for _ in range(5):
            many.teacher.teach(f"r{number}", behaved("went on", True))
        many.teacher.teach(f"r{number}", AGREES)
        once.teacher.teach(f"r{number}", AGREES)
    assert many.standing.evidence == pytest.approx(once.standing.evidence, rel=0.2)
    assert len(many.ledger.rows) == 6 * 30


def test_what_says_less_than_is_known_already_teaches_nothing() -> None:
    house = House()
    house.remember()
    house.teacher.teach("r1", AGREES)
    before = house.standing
    house.teacher.teach("r1", WEAK)
    assert house.standing == structs.replace(before, seen=before.seen + 1, fresh=before.fresh + 1)


def test_an_explicit_word_counts_wholly() -> None:
    house = House()
    for number in range(20):
        house.remember(f"r{number}")
        house.teacher.teach(f"r{number}", AGREES)
    before = house.standing.mean
    for number in range(20):
        house.teacher.teach(f"r{number}", feedback(0.0))
    assert house.standing.mean < before - 0.3


def test_what_is_not_remembered_teaches_nothing() -> None:
    house = House()
    assert not house.teacher.teach("nowhere", STRONG)
    assert house.teacher.side("nowhere") is None
    assert house.ledger.rows == []


def test_a_request_whose_model_was_named_is_noted_only() -> None:
    house = House()
    house.teacher.remember("r1", TASK.family.name, None, CLOSED)
    assert not house.teacher.teach("r1", STRONG)
    assert len(house.ledger.rows) == 1


def test_it_is_recalled_by_the_nodes_that_the_ledger_kept() -> None:
    house = House()
    chains = house.standing.nodes
    for nonsense in (None, [], 7, [["not hexadecimal"]], [[1]]):
        house.teacher.recall("r2", "ask-1", nonsense, "pocket")
        assert not house.teacher.teach("r2", STRONG)
    house.teacher.recall("r1", TASK.family.name, chains, "pocket")
    assert house.teacher.teach("r1", STRONG)
    assert house.standing.mean > 0.7


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    house = House()
    for number in range(5):
        house.remember(f"r{number}")
    assert [house.teacher.side(f"r{number}") for number in range(5)] == [None, None, "pocket", "pocket", "pocket"]


def test_labels_are_right_on_average() -> None:
    """Whatever the share of good answers, the labels' mean is that share."""
    for share in (0.2, 0.9):
        for signal in (behaved("x", True), behaved("x", True, structured=True), feedback(1.0)):
            good = Signal(signal.kind, 1.0, signal.f1, signal.f0).label
            bad = Signal(signal.kind, 0.0, signal.f1, signal.f0).label
            of_good = signal.f1 * good + (1 - signal.f1) * bad
            of_bad = signal.f0 * good + (1 - signal.f0) * bad
            assert share * of_good + (1 - share) * of_bad == pytest.approx(share)
