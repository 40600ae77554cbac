"""What trying locally first has cost where it failed, and what checking costs."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

import msgspec


class EscalationWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A week from its Monday (ISO date). Requests that were `tried` locally first, and of these `escalated`: the local
    answer was refused, and the closed side was asked instead.

    `billed` micro-dollars of the escalated are what the closed side charged for them, None where no price is known;
    `unpriced` of them have none. `vain_seconds` the local model spent on answers that were refused, by which their
    callers waited longer (`attempts` of such answers, `vain_output` tokens).
    """

    week: str
    tried: int = 0
    escalated: int = 0
    billed: int | None = None
    unpriced: int = 0
    attempts: int = 0
    vain_seconds: float = 0.0
    vain_output: int = 0


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why local answers were refused: verification's code, as in `Trial.problem`."""

    problem: str
    escalated: int
    billed: int | None
    vain_seconds: float


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """What was run beside the answers, by purpose (sample, shadow, audit): how often, tokens in all and of output,
    seconds; `billed` micro-dollars, 0 where it ran on the user's own hardware, None where no price is known."""

    purpose: str
    runs: int
    agreed: int
    disagreed: int
    tokens: int
    output: int
    seconds: float
    billed: int | None


class Escalations(msgspec.Struct, frozen=True, kw_only=True):
    """`weeks` in order, `problems` the most frequent first, `checks` in the order of their names."""

    weeks: tuple[EscalationWeek, ...] = ()
    problems: tuple[Problem, ...] = ()
    checks: tuple[Checks, ...] = ()


def escalations(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> Escalations:
    """The escalations from `since` on and before `until`; weeks are those of `zone` (None: the system's). Raises
    `sqlite3.Error` where the file is no ledger."""
    raise NotImplementedError
