"""Families: what each was asked, what its local answers have earned, what others would save."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

import msgspec

from agent_telemetry.learned import Move
from agent_telemetry.split import Classify, Leaf


class FamilyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A family, and its calls in a range of time.

    What was learnt of it is as in `FamilyRow`, with the estimate None where it is not, or no longer, in the ledger
    (`known`); then kind is taken from its name, and `first_seen` and `last_seen` (seconds since 1970, UTC) from its
    calls in the range. `pin` is the user's word, local or closed.

    `requests` were answered, `failed` were not; of the requests `local` were answered by the local side, and
    `escalated` were tried there, refused by verification and answered by the closed side. The router's own calls
    (audits) are left out. `output` and `tokens` are tokens. Micro-dollars: `earned` were avoided by its local answers,
    `would_save` were billed for its others; None where there are such answers, and of none of them the price is known.
    `segments` as in `Row`.
    """

    name: str
    kind: str
    label: str = ""
    agents: tuple[str, ...] = ()
    rung: str | None = None
    mean: float | None = None
    lower: float | None = None
    evidence: float = 0.0
    first_seen: float = 0.0
    last_seen: float = 0.0
    closed_seconds: float | None = None
    local_seconds: float | None = None
    pin: str | None = None
    known: bool = False
    requests: int = 0
    failed: int = 0
    local: int = 0
    escalated: int = 0
    output: int = 0
    tokens: int = 0
    earned: int | None = 0
    would_save: int | None = 0
    segments: dict[str, Leaf] = {}


class FamilyPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A day, or a week by its Monday (ISO date), of a family's history. `segments` map each of `SEGMENTS` that occurs
    to its answered requests; the rest as in `FamilyFigures`."""

    period: str
    requests: int
    local: int
    escalated: int
    output: int
    segments: dict[str, int]


class FamilyHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A family's periods in order, each a `day` or a `week` (`unit`); those without a call are left out. `moves` are
    its changes of rung, the newest first."""

    unit: str
    periods: tuple[FamilyPeriod, ...]
    moves: tuple[Move, ...]


def family_figures(
    path: Path,
    classify: Classify,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    zone: tzinfo | None = None,
) -> list[FamilyFigures]:
    """All families that the ledger knows or that had a call from `since` on and before `until`, by their requests in
    that range, the most first, then by name. Raises `sqlite3.Error` where the file is no ledger."""
    raise NotImplementedError


def family_history(path: Path, name: str, classify: Classify, zone: tzinfo | None = None) -> FamilyHistory:
    """A family's calls by week, or by day where all lie within `YOUNG` days. Empty for one that nobody knows. Raises
    `sqlite3.Error` where the file is no ledger."""
    raise NotImplementedError


YOUNG = 42
