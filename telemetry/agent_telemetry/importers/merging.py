"""Two rows of one call: a call is written while it grows, and copied when a session is resumed or forked."""

from __future__ import annotations

from msgspec import structs

from agent_telemetry.usage_record import UsageRecord


def merged(one: UsageRecord, other: UsageRecord) -> UsageRecord:
    """What the two together say: the row with the greater output, at the earlier time and in that one's session. What
    is the same in both stays as `one` has it."""
    grown = other if _size(other) > _size(one) else one
    first = other if other.time < one.time else one
    if grown is first:
        return grown
    return structs.replace(grown, time=first.time, session=first.session)


def _size(row: UsageRecord) -> tuple[int, int]:
    tokens = (row.input or 0) + (row.cache_read or 0) + (row.cache_write or 0)
    return (row.output if row.output is not None else -1, tokens)
