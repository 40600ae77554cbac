"""A request's fields and cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent_dashboards.request_row import request_row, shown
from agent_telemetry.live import Running
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    return "open", None


def test_unknown_is_null_and_a_dash() -> None:
    row = request_row(UsageRecord(source="proxy", key="k", time=WHEN), classify)
    assert (row["id"], row["time"]) == ("k", "2020-02-03T04:05:06+00:00")
    assert row["total_tokens"] is row["openness"] is row["billed"] is None
    cells = shown(row)
    assert {cells[name] for name in ("agent", "requested", "model", "route", "reason", "tokens", "duration")} == {"–"}
    assert (cells["kind"], cells["state"], cells["status"]) == ("none", "ok", "ok")


def test_known() -> None:
    record = UsageRecord(source="proxy", key="k", time=WHEN, model="m", requested_model="m", place="subscription")
    row = request_row(record, classify) | {"input": 1000, "cache_read": 500, "output": 7, "total_tokens": 1507}
    assert shown(row)["tokens"] == "1,500 → 7"
    assert shown(row)["kind"] == "open-hosted"
    assert shown(row)["state"] == "ok same"
    assert shown(row | {"place": "lan"})["kind"] == "open-lan"
    assert shown(row | {"status": "error", "error": "stream_cut"})["status"] == "error: stream cut"


def test_time_is_local_with_the_date_unless_it_is_today() -> None:
    now = datetime.now(UTC)
    assert shown(request_row(UsageRecord(source="p", key="k", time=now), classify))["time"] == (
        f"{now.astimezone():%H:%M:%S}"
    )
    old = now - timedelta(days=40)
    local = old.astimezone()
    assert shown(request_row(UsageRecord(source="p", key="k", time=old), classify))["time"] == (
        f"{local:%b} {local.day}, {local:%H:%M}"
    )


def test_running() -> None:
    row = request_row(Running(id="k", agent="codex", requested_model="auto", time=WHEN), classify)
    assert (row["id"], row["status"], row["agent"], row["requested_model"]) == ("k", "running", "codex", "auto")
    cells = shown(row)
    assert (cells["state"], cells["model"], cells["reason"], cells["tokens"]) == ("running", "…", "–", "")


def test_running_somewhere() -> None:
    running = Running(
        id="k", time=WHEN, model="open-4b", provider="local", place="device", route="local", reason="earned"
    )
    cells = shown(request_row(running, classify))
    assert (cells["state"], cells["model"], cells["route"]) == ("running", "open-4b", "local")
    assert (cells["reason"], cells["kind"], cells["duration"]) == ("earned", "open-device", "")
