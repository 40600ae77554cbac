"""Spans, log records and metric points, whatever the encoding in which they came. Of attributes only those are here
that a source reads: what is not on its list is left behind when a request is decoded."""

from __future__ import annotations

from typing import Literal

import msgspec

Signal = Literal["traces", "logs", "metrics"]
Value = str | int | float | bool
Attributes = dict[str, Value]


class Origin(msgspec.Struct, frozen=True):
    """Who sends: a resource's attributes and the name of the instrumentation. `identity` is all that tells one sender
    of metrics from another; it is only ever hashed."""

    resource: Attributes
    scope: str = ""
    identity: str = ""

    @property
    def service(self) -> str:
        """`service.name`, lower case; empty where there is none."""
        name = self.resource.get("service.name")
        return name.lower() if isinstance(name, str) else ""


class Span(msgspec.Struct, frozen=True):
    """Ids are hexadecimal, lower case; times are nanoseconds since 1970, 0 where they are unknown."""

    origin: Origin
    attributes: Attributes
    trace: str
    id: str
    parent: str = ""
    name: str = ""
    start: int = 0
    end: int = 0
    failed: bool = False


class Event(msgspec.Struct, frozen=True):
    """A log record. `names` are what it may be called: the field, the attribute, and a body that is a name."""

    origin: Origin
    attributes: Attributes
    names: tuple[str, ...] = ()
    time: int = 0


class Point(msgspec.Struct, frozen=True):
    """A metric's value for one set of attributes: of a counter, or of a histogram the sum.

    `identity` is all that tells its series from others, and is only ever hashed. `delta`: the value is what was added
    between `start` and `time`, else what there was since `start`.
    """

    origin: Origin
    attributes: Attributes
    metric: str
    identity: tuple[tuple[str, str], ...]
    value: int
    start: int = 0
    time: int = 0
    delta: bool = False


Record = Span | Event | Point


class Wanted(msgspec.Struct, frozen=True):
    """What a decoder keeps: attributes by their names, and metrics by theirs."""

    attributes: frozenset[str]
    metrics: frozenset[str]


class Batch(msgspec.Struct):
    """What a request holds; `rejected` counts the records that could not be read, by the reason."""

    spans: list[Span] = []
    events: list[Event] = []
    points: list[Point] = []
    rejected: dict[str, int] = {}

    def reject(self, why: str) -> None:
        """Note that a record could not be read."""
        self.rejected[why] = self.rejected.get(why, 0) + 1
