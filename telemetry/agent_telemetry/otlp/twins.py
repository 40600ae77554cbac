"""Two spans of one call of which neither lies in the other: Anthropic's client (since 2.0) makes a span of its own, and
the instrumentations of OpenLLMetry, LangChain and Logfire do not make theirs its parent. The client's counts: it is
exact, where those miss what was cached or count the beginning of a stream twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import structs

from agent_telemetry.otlp.call import BY_SPAN
from agent_telemetry.otlp.records import Span
from agent_telemetry.usage_record import UsageRecord

_CLIENTS: Final = "com.anthropic.sdk."
_MAKER: Final = "anthropic"
_KEPT: Final = 10_000

_Key = tuple[str, ...]


class _Seen(NamedTuple):
    start: int
    end: int
    row: UsageRecord

    def meets(self, span: Span) -> bool:
        """Whether both ran at a time: one is around the other."""
        return self.start <= span.end and span.start <= self.end


class Twins:
    """Remembers the last spans of Anthropic's models."""

    def __init__(self) -> None:
        self._clients: OrderedDict[_Key, _Seen] = OrderedDict()
        self._others: OrderedDict[_Key, _Seen] = OrderedDict()

    def rows(self, spans: list[tuple[Span, UsageRecord | None]], rows: list[UsageRecord]) -> list[UsageRecord]:
        """`rows` as they came from `spans`, and older ones, in which what has a twin that is better is marked."""
        of = {row.key: (span, row) for span, row in spans if row is not None and row.provider == _MAKER}
        if not of:
            return rows
        found = {row.key: row for row in rows}
        for key, (span, _) in of.items():
            row = found.get(key)
            if row is None or row.duplicate is not None:
                continue
            keys = list(_keys(span, row))
            if span.origin.scope.startswith(_CLIENTS):
                self._remember(self._clients, keys, span, row)
                twin = next((seen for each in keys if (seen := self._others.get(each)) and seen.meets(span)), None)
                if twin is not None:
                    found[twin.row.key] = structs.replace(twin.row, duplicate=BY_SPAN)
            elif any((seen := self._clients.get(each)) and seen.meets(span) for each in keys):
                found[key] = structs.replace(row, duplicate=BY_SPAN)
            else:
                self._remember(self._others, keys, span, row)
        return list(found.values())

    def _remember(self, kept: OrderedDict[_Key, _Seen], keys: list[_Key], span: Span, row: UsageRecord) -> None:
        for key in keys:
            kept[key] = _Seen(span.start, span.end, row)
        while len(kept) > _KEPT:
            kept.popitem(last=False)


def _keys(span: Span, row: UsageRecord) -> Iterator[_Key]:
    """By which two spans of a call are known: the answer's id, else what their sender says of it."""
    if row.response_id is not None:
        yield ("id", row.response_id)
    yield ("of", span.origin.service, row.model or "", str(row.output), (row.status == "error" and "failed") or "")
