"""A request as the pages and their JSON show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from agent_dashboards.addresses import call_address
from agent_dashboards.number_format import NOTHING, duration, whole
from agent_dashboards.shown_name import one_line
from agent_telemetry.live import Running
from agent_telemetry.split import Classify
from agent_telemetry.usage_record import UsageRecord

_TOKENS = ("input", "cache_read", "cache_write", "output")
_MOST = 300  # characters of a cell
_MONEY = ("billed", "equivalent", "avoided")


def request_row(request: UsageRecord | Running, classify: Classify) -> dict[str, Any]:
    """The fields of a request for JSON: `id`, `time` (ISO, UTC), tokens or null, money in USD or null, `openness`.

    A running request has the same fields, with `status` "running".
    """
    if isinstance(request, Running):
        known = msgspec.structs.asdict(request)
        request = UsageRecord(source="proxy", key=known.pop("id"), **known)
        status = "running"
    else:
        status = request.status
    row = {name: clean(value) for name, value in msgspec.structs.asdict(request).items()}
    row["id"] = row.pop("key")
    row["time"] = request.time.isoformat()
    row["status"] = status
    row["openness"] = classify(request.model, request.provider)[0] if request.model else None
    tokens = [getattr(request, name) for name in _TOKENS]
    row["total_tokens"] = None if all(count is None for count in tokens) else sum(filter(None, tokens))
    for name in _MONEY:
        row[name] = None if row[name] is None else row[name] / 1_000_000
    return row


def shown(row: dict[str, Any]) -> dict[str, str]:
    """The cells of the table, as text; `kind` and `state` are words for the style sheet."""
    time = datetime.fromisoformat(row["time"]).astimezone()
    today = time.date() == datetime.now().astimezone().date()
    tokens = whole(row["total_tokens"])
    if row["output"] is not None:
        tokens = f"{whole((row['total_tokens'] or 0) - row['output'])} → {whole(row['output'])}"
    place = row["place"] if row["place"] in ("device", "lan") else "hosted"
    openness = row["openness"]
    same = " same" if row["model"] and row["model"] == row["requested_model"] else ""
    known = {
        "agent": row["agent"] or NOTHING,
        "model": row["model"] or NOTHING,
        "route": row["route"] or NOTHING,
        "reason": row["reason"] or NOTHING,
        "tokens": tokens,
        "duration": duration(row["latency_ms"]),
    }
    if row["status"] == "running":
        known |= {"model": row["model"] or "…", "tokens": "", "duration": ""}
    cells = known | {
        "id": row["id"],
        "iso": row["time"],
        "time": f"{time:%H:%M:%S}" if today else f"{time:%b} {time.day}, {time:%H:%M}",
        "requested": row["requested_model"] or NOTHING,
        "kind": f"open-{place}" if openness == "open" else openness or "none",
        "openness": openness or "",
        "state": row["status"] + same,
        "status": row["status"] if not row["error"] else f"{row['status']}: {row['error'].replace('_', ' ')}",
    }
    address = call_address(row["source"], row["id"])  # whole, however long it is
    return {name: one_line(text, _MOST) for name, text in cells.items()} | {"address": address}


def clean(value: Any) -> Any:
    """A lone surrogate in a name that a caller sent cannot be encoded; it becomes a question mark."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
