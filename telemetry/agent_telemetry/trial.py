"""What else was run for a call: attempts that were not released, second samples, shadow runs, audits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Purpose = Literal["attempt", "sample", "shadow", "audit"]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A run whose answer nobody was given. No text.

    `purpose`: attempt (a local answer that verification refused), sample (a second local answer, to see whether the
    two agree), shadow (a local answer beside a closed one), audit (a closed answer beside a local one). `call` is the
    request's id. `score` (0 to 1) and `agree` compare it with the answer that was given, by the rules of `kind`;
    `problem` is the short code of what verification found. Tokens as in `UsageRecord`; None is unknown.
    """

    call: str
    time: datetime  # UTC, when it ended
    purpose: Purpose
    provider: str
    model: str
    family: str | None = None
    score: float | None = None
    agree: bool | None = None
    kind: str | None = None
    problem: str | None = None
    input: int | None = None
    cache_read: int | None = None
    output: int | None = None
    seconds: float | None = None
