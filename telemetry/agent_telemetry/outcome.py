"""What was learnt of an answer's worth."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A signal of whether an answer was good enough. No text, but for the `comment` of a user who keeps text.

    `call` is the request's id, `route` the side whose answer it speaks of, `signal` its kind, `good` from 0 to 1.
    `f1` and `f0` are the chances that such a signal says "good" of a good and of a bad answer, so that
    (good - f0) / (f1 - f0) is an unbiased label with the weight f1 - f0.
    """

    call: str
    time: datetime  # UTC
    route: str
    signal: str
    good: float
    f1: float
    f0: float
    family: str | None = None
    comment: str | None = None
