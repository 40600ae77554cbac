"""How much of what is asked repeats."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

OFTEN = 5
"""So many times a family must have been seen within `WITHIN` to be repetitive."""
WITHIN = 28
"""Days, the day of the request included."""


class RepetitionWeek(NamedTuple):
    """A week from its Monday (ISO date): answered requests that have a family, with their output tokens and all their
    tokens; and of each, how much is of a family that was seen at least `OFTEN` times in the `WITHIN` days up to the
    end of the request's own day. Also families that had a request in that week, and how many of them repeat."""

    week: str
    requests: int
    repeated: int
    output: int
    repeated_output: int
    tokens: int
    repeated_tokens: int
    families: int
    repeated_families: int


def repetition(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> list[RepetitionWeek]:
    """The weeks of the days of `zone` (None: the system's) that have a part between `since` and `until`, in order, as
    far as they lie in that range of whole days; weeks without a request that has a family are left out.

    The router's own calls (audits) are nobody's requests. Raises `sqlite3.Error` where the file is no ledger.
    """
    raise NotImplementedError
