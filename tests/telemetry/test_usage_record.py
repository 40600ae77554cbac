"""A row of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_telemetry.usage_record import UsageRecord


def test_what_is_not_said_is_unknown_not_zero() -> None:
    row = UsageRecord(source="proxy", key="1", time=datetime(2026, 11, 21, tzinfo=UTC))
    assert (row.input, row.cache_read, row.cache_write, row.output, row.reasoning) == (None,) * 5
    assert (row.billed, row.equivalent, row.avoided) == (None, None, None)


def test_there_is_no_place_for_text_or_keys() -> None:
    names = set(UsageRecord.__struct_fields__)
    assert not names & {"prompt", "messages", "text", "answer", "content", "api_key", "path", "host", "user"}


def test_a_row_cannot_be_changed() -> None:
    row = UsageRecord(source="proxy", key="1", time=datetime(2026, 11, 21, tzinfo=UTC))
    with pytest.raises(AttributeError):
        row.status = "error"  # type: ignore[misc]
