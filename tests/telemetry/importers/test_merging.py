"""Two rows of one call become one, whichever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 21, tzinfo=UTC)


def row(seconds: int, output: int | None, session: str = "s", input: int | None = 10) -> UsageRecord:
    time = WHEN + timedelta(seconds=seconds)
    return UsageRecord(source="a", key="k", time=time, session=session, input=input, output=output)


def test_the_greater_output_at_the_earlier_time_in_its_session() -> None:
    first, last = row(0, 1, "original"), row(9, 500, "copy")
    for one, other in permutations((first, last)):
        found = merged(one, other)
        assert (found.output, found.time, found.session) == (500, WHEN, "original")


def test_what_adds_nothing_changes_nothing() -> None:
    first = row(0, 5)
    assert merged(first, row(0, 5, "copy")) is first
    assert merged(first, row(3, 4)) is first
    assert merged(first, row(3, None)) is first


def test_of_equal_outputs_the_greater_input() -> None:
    assert merged(row(0, 5, input=0), row(1, 5, input=900)).input == 900


rows = st.builds(row, st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)), st.sampled_from("abc"))


@given(st.lists(rows, min_size=1, max_size=5))
def test_any_order_gives_the_same_figures(given: list[UsageRecord]) -> None:
    found = set()
    for order in permutations(given):
        whole = order[0]
        for each in order[1:]:
            whole = merged(whole, each)
        found.add((whole.output, whole.time))
    assert len(found) == 1
