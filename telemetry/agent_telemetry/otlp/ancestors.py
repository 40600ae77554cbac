"""Which spans lie around others: a span with tokens around one with tokens has them from there.

A framework's span and that of the library below it may both tell of the same call, and an agent's of all its calls; the
innermost counts. A child ends, and comes, before its parent, mostly.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from msgspec import structs

from agent_telemetry.otlp.call import BY_SPAN
from agent_telemetry.otlp.records import Span
from agent_telemetry.usage_record import UsageRecord

_SPANS: Final = 30_000
"""Spans that are remembered: those of six seconds at the rate that the receiver is made for, of hours else."""
_DEEPEST: Final = 64


class Ancestors:
    """Remembers the last spans, with and without tokens."""

    def __init__(self) -> None:
        self._parents: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._around: OrderedDict[tuple[str, str], None] = OrderedDict()  # spans with tokens below them
        self._rows: OrderedDict[tuple[str, str], UsageRecord] = OrderedDict()  # that count, so far

    def rows(self, spans: list[tuple[Span, UsageRecord | None]]) -> list[UsageRecord]:
        """The rows of a request's spans, in which those that only repeat are marked as such; also older ones that turn
        out to, again."""
        for span, _ in spans:
            self._parents[span.trace, span.id] = span.parent
        found: dict[str, UsageRecord] = {}
        for span, row in spans:
            place = (span.trace, span.id)
            counts = row is not None and bool(row.output or row.input or row.cache_read)
            if counts or place in self._around:
                self._mark(span, found)
            if row is None:
                continue
            if counts and place in self._around:
                row = structs.replace(row, duplicate=BY_SPAN)
            elif counts:
                self._rows[place] = row
            found[row.key] = row
        for kept in (self._parents, self._around, self._rows):
            while len(kept) > _SPANS:
                kept.popitem(last=False)
        return list(found.values())

    def _mark(self, span: Span, found: dict[str, UsageRecord]) -> None:
        """All that is around a span."""
        parent = span.parent
        for _ in range(_DEEPEST):
            place = (span.trace, parent)
            if not parent or place in self._around:
                return
            self._around[place] = None
            if (row := self._rows.pop(place, None)) is not None:
                found[row.key] = structs.replace(row, duplicate=BY_SPAN)
            parent = self._parents.get(place, "")
