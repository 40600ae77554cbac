"""A call that a span or a log record tells of, as a row of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from agent_telemetry.importers import values
from agent_telemetry.importers.values import count, fingerprint
from agent_telemetry.otlp.records import Event, Span
from agent_telemetry.usage_record import UsageRecord

SOURCE: Final = "otlp"
"""What the ledger calls the source of these rows. Their keys begin with one of the following."""
SPAN, SUM, EVENT, METRIC = "span:", "sum:", "event:", "metric:"
TAKEN: Final = "otlp"
"""In the ledger's `states`: what was seen that is no call that counts, by the reason, as a map in MessagePack."""
BY_EVENT: Final = f"{SOURCE}:event"
BY_SPAN: Final = f"{SOURCE}:span"
BY_SUM: Final = f"{SOURCE}:sum"
"""What `duplicate` says where both rows are an agent's telemetry: which of them counts."""

_EARLIEST: Final = 1_420_070_400_000_000_000  # 2015, in nanoseconds since 1970
_LATEST: Final = 7_258_118_400_000_000_000  # 2200


class Tokens(NamedTuple):
    """In the ledger's buckets: `input` is fresh, `output` contains what was reasoned."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


def figure(value: object) -> int | None:
    """A number of tokens, also as a string, as some write all values; None for what is none."""
    if isinstance(value, str) and len(value) <= 15 and value.isascii() and value.isdigit():
        return int(value)
    return count(value)


def milliseconds(value: object) -> float | None:
    """How long something took; None for what is no such number."""
    if isinstance(value, str) and len(value) <= 20:
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if type(value) in (int, float) and 0 <= value < 1e9 else None  # type: ignore[operator,arg-type]


def moment(nanoseconds: int) -> datetime | None:
    """A time in UTC; None for what is none between 2015 and 2200."""
    if not _EARLIEST <= nanoseconds <= _LATEST:
        return None
    return datetime.fromtimestamp(nanoseconds // 1000 / 1_000_000, UTC)


def of_span(span: Span, tokens: Tokens | None, *, sum: bool = False, **fields: Any) -> UsageRecord:
    """The call that a span is; with `sum`, that which several calls came to, and which counts where these are unknown.
    Without tokens it is one that failed."""
    time = moment(span.start) or moment(span.end) or datetime.now(UTC)
    latency = (span.end - span.start) / 1e6 if moment(span.start) and span.end >= span.start else None
    return _row(tokens, span.failed, f"{SUM if sum else SPAN}{span.trace}:{span.id}", time, latency, fields)


def of_event(
    event: Event, tokens: Tokens | None, *, failed: bool = False, latency: float | None = None, **fields: Any
) -> UsageRecord:
    """The call that a log record tells of when it has ended, `latency` milliseconds after it began. A record has no id:
    it is known by its time and all that it says."""
    ended = moment(event.time) or values.moment(event.attributes.get("event.timestamp"))
    told = ended or datetime.now(UTC)
    key = fingerprint(*event.names, event.time, *sorted(map(str, event.attributes.items())))
    time = told if latency is None else datetime.fromtimestamp(told.timestamp() - latency / 1000, UTC)
    return _row(tokens, failed, EVENT + key, time, latency, fields)


def _row(
    tokens: Tokens | None, failed: bool, key: str, time: datetime, latency: float | None, fields: dict[str, Any]
) -> UsageRecord:
    fields.setdefault("status", ("cut" if tokens else "error") if failed else "ok")
    return UsageRecord(
        source=SOURCE,
        key=key,
        time=time,
        latency_ms=latency,
        **(tokens._asdict() if tokens is not None else {}),
        **fields,
    )
