"""What a tool's result says of the call."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.outcomes.tool_result import call_failed

RESULTS = msgspec.json.decode((Path(__file__).parent / "texts" / "tool_results.json").read_bytes())


def test_bad_calls_are_known_by_their_results() -> None:
    missed = [(tool, text) for tool, text in RESULTS["bad"] if call_failed(tool, text) is not True]
    assert len(missed) <= 0.05 * len(RESULTS["bad"]), missed


def test_what_a_command_printed_or_a_file_holds_is_no_failure_of_the_call() -> None:
    blamed = [(tool, text) for tool, text in RESULTS["fine"] if call_failed(tool, text)]
    assert not blamed


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("web", "Error: request timed out"),
        ("fetch", "Error: 429 Too Many Requests"),
        ("Write", "Error: permission denied by user"),
        ("search", '{"error": "connection refused"}'),
    ],
)
def test_what_is_nobodys_fault_says_nothing(tool: str, text: str) -> None:
    assert call_failed(tool, text) is None


@given(st.text(max_size=40), st.text(max_size=2000))
def test_any_result_can_be_read(tool: str, text: str) -> None:
    assert call_failed(tool, text) in (True, False, None)
    assert call_failed(tool, "{" + text) in (True, False, None)
