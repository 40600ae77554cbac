"""The calls that count, or all of them, by what one looks for: a page at a time, the newest first."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent_telemetry.split import Classify
from agent_telemetry.usage_record import UsageRecord


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a call must have; None: anything. "unknown" is what has no name.

    `openness` is open, closed or unknown; `segment` one of `SEGMENTS`; `task` the kind of the family. Times are from
    `since` on and before `until`; without a zone they are in the system's. With `duplicates` also calls that have
    another row which counts.
    """

    agent: str | None = None
    model: str | None = None
    provider: str | None = None
    place: str | None = None
    route: str | None = None
    openness: str | None = None
    segment: str | None = None
    lab: str | None = None
    task: str | None = None
    family: str | None = None
    session: str | None = None
    status: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    duplicates: bool = False


class Cursor(NamedTuple):
    """The last call of a page: milliseconds since 1970 (UTC), and the row's number."""

    time: int
    id: int


class CallPage(NamedTuple):
    """Calls, the newest first, and where the next page begins; None: there are no more."""

    rows: list[UsageRecord]
    next: Cursor | None


def calls(
    path: Path,
    filter: CallFilter,
    classify: Classify,
    limit: int = 50,
    before: Cursor | None = None,
) -> CallPage:
    """At most `limit` calls that `filter` lets through, after the page that ended with `before`. A call that is
    recorded meanwhile moves none from page to page. Raises `sqlite3.Error` where the file is no ledger."""
    raise NotImplementedError


def call(path: Path, key: str) -> UsageRecord | None:
    """The call of a request id of the router, or of "source/key". Raises `sqlite3.Error`."""
    raise NotImplementedError
