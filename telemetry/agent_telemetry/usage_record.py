"""One model call, as the ledger keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Place = Literal["device", "lan", "hosted", "subscription"]
Status = Literal["ok", "error", "cancelled", "cut"]


class UsageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger. No prompt text, no answer text, no key, no path.

    Tokens are integers in four disjoint buckets; `output` includes `reasoning`. None means unknown, which is
    not zero. Money is whole micro-dollars (1 USD = 1_000_000) at the time of the call: `billed` is what the
    provider charges, `equivalent` what the same tokens would have cost at the closed side's list price,
    `avoided` what was not spent because a local model answered.

    `source` and `key` identify the call (for the proxy: "proxy" and the request id; for a log: the importer's name and
    what the same call has in every copy of it); writing the same pair again replaces the row. `status`: ok (answered
    whole), error (no answer), cancelled (the client left), cut (the stream broke after bytes were released).

    `response_id` is the id that the answer bore. `duplicate` says that the same call has another row, and which
    ("proxy": it passed through the router); such a row is kept and not counted.
    """

    source: str
    key: str
    time: datetime  # UTC, when the request arrived
    agent: str | None = None
    session: str | None = None
    family: str | None = None
    requested_model: str | None = None
    model: str | None = None  # the one that answered
    provider: str | None = None  # the upstream's name in the configuration; "local" for the engine
    place: Place | None = None
    route: str | None = None  # local | closed
    reason: str | None = None
    propensity: float | None = None
    wire: str | None = None  # chat | responses | messages | embeddings
    stream: bool | None = None
    status: Status = "ok"
    http_status: int | None = None
    error: str | None = None  # a short code, never a message
    attempts: int = 1
    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None
    billed: int | None = None
    equivalent: int | None = None
    avoided: int | None = None
    price_source: str | None = None
    price_version: str | None = None
    first_byte_ms: float | None = None
    latency_ms: float | None = None
    decision: str | None = None  # JSON: what was known when it was decided; of the router's own making, no text
    cache_write_1h: int | None = None  # the part of `cache_write` that is kept for an hour and costs more
    response_id: str | None = None
    duplicate: str | None = None  # the source of the row that counts; None: this one does
