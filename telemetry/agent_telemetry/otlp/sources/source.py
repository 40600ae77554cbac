"""What a source is: which calls an agent's telemetry tells of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from agent_telemetry.otlp.call import Tokens
from agent_telemetry.otlp.records import Event, Origin, Point, Span
from agent_telemetry.usage_record import UsageRecord


class Series(msgspec.Struct, frozen=True):
    """What a metric's point is about: tokens of one `kind`, as the source calls it, of which there are several in a
    row. `tokens` makes the ledger's buckets of all kinds."""

    kind: str
    tokens: Callable[[Mapping[str, int]], Tokens]
    agent: str | None = None
    session: str | None = None
    model: str | None = None
    provider: str | None = None
    family: str = ""


class Source(Protocol):
    """Reads what one agent, or one convention, sends.

    `attributes` are all that are read, of resources as of records; others never leave the decoder. `metrics` are those
    that count tokens, and `kinds` the attributes that say of which kind.
    """

    @property
    def attributes(self) -> frozenset[str]: ...

    @property
    def metrics(self) -> frozenset[str]: ...

    @property
    def kinds(self) -> frozenset[str]: ...

    def claims(self, origin: Origin, name: str) -> bool:
        """Whether a record of this name is the source's to read; the first that claims it does so alone."""
        ...

    def span(self, span: Span) -> UsageRecord | None:
        """The call that a span tells of, if it does."""
        ...

    def event(self, event: Event) -> UsageRecord | None:
        """The call that a log record tells of, if it does."""
        ...

    def point(self, point: Point) -> Series | None:
        """What a metric's point counts, if it is tokens."""
        ...
