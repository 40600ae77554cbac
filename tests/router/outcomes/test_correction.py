"""Asks that begin by saying that the answer was wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent_router.outcomes.correction import corrects

ASKS = msgspec.json.decode((Path(__file__).parent / "texts" / "corrections.json").read_bytes())


def test_corrections_are_known() -> None:
    missed = [ask for ask in ASKS["bad"] if not corrects(ask)]
    assert len(missed) <= 0.05 * len(ASKS["bad"]), missed


def test_other_asks_are_none() -> None:
    blamed = [ask for ask in ASKS["fine"] if corrects(ask)]
    assert len(blamed) <= 0.02 * len(ASKS["fine"]), blamed


@given(st.text(max_size=300))
def test_any_ask_can_be_read(ask: str) -> None:
    corrects(ask)
