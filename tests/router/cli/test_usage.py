"""`agent-router usage`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_router.config import LEDGER
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord
from tests.router.cli.command import Command

LEAF = {"input", "cache_read", "cache_write", "output", "reasoning", "requests", "total_tokens", "cost"}
NOW = datetime.now(UTC)


def record(
    key: str, model: str, provider: str, place: str, *, age: timedelta = timedelta(), output: int = 5
) -> UsageRecord:
    return UsageRecord(
        source="proxy", key=key, time=NOW - age, agent="pi", model=model, provider=provider, place=place,  # type: ignore[arg-type]
        route="local" if provider == "local" else "closed",
        input=10, cache_read=3, cache_write=1, output=output, reasoning=2, billed=1000,
    )  # fmt: skip


@pytest.fixture
def ledger(home: Path) -> Path:
    """A ledger with one open, one closed and one old call."""
    path = home / "data" / LEDGER
    made = Ledger(path)
    made.record(record("1", "qwen3-8b", "local", "device"))
    made.record(record("2", "gpt-5.4", "openai", "hosted", output=15))
    made.record(record("3", "nobody-knows-this", "ring", "hosted", age=timedelta(days=40)))
    made.close()
    return path


def test_without_a_ledger_there_is_nothing_to_show(run: Command, home: Path) -> None:
    ran = run("usage")
    assert "Nothing has passed through the router yet" in ran.out
    assert ran.status == 0
    assert run("usage", "--json").json["all"]["requests"] == 0
    assert not (home / "data" / LEDGER).exists()


def test_the_split_as_json(run: Command, ledger: Path) -> None:
    found = run("usage", "--json").json
    assert {"all", "by_model", "by_openness", "by_openness_place"} <= set(found)
    assert set(found["by_openness"]) == {"open", "closed", "unknown"}
    assert {"open/device", "closed/hosted", "unknown/hosted"} <= set(found["by_openness_place"])
    assert set(found["by_model"]) == {"qwen3-8b", "gpt-5.4", "nobody-knows-this"}
    leaves = [found["all"]]
    for group in ("by_model", "by_openness", "by_openness_place"):
        leaves += found[group].values()
    for leaf in leaves:
        assert set(leaf) >= LEAF
        assert all(type(leaf[name]) is int for name in LEAF - {"cost"})
        assert leaf["total_tokens"] == sum(leaf[name] for name in ("input", "cache_read", "cache_write", "output"))
    assert found["by_openness"]["open"]["output"] == 5
    assert found["by_openness"]["closed"]["output"] == 15
    assert found["all"]["requests"] == 3


def test_the_split_as_text(run: Command, ledger: Path) -> None:
    out = run("usage").out
    for part in (
        "open 20%",
        "closed 60%",
        "unknown 20%",
        "25 output tokens in 3 requests",
        "qwen3-8b",
        "open/device",
        "pi",
    ):
        assert part in out


@pytest.mark.parametrize(
    ("arguments", "requests"),
    [
        (["--since", "1d"], 2),
        (["--since", "7d"], 2),
        (["--since", "100d"], 3),
        (["--since", "{today}"], 2),
        (["--until", "{today}"], 3),
        (["--until", "{last_month}"], 1),
        (["--since", "{today}", "--until", "{today}"], 2),
        (["--since", "{now}"], 0),
    ],
)
def test_from_day_to_day(run: Command, ledger: Path, arguments: list[str], requests: int) -> None:
    local = NOW.astimezone()
    days = {
        "today": local.date().isoformat(),
        "last_month": (local - timedelta(days=30)).date().isoformat(),
        "now": (local + timedelta(minutes=1)).isoformat(),
    }
    ran = run("usage", "--json", *(argument.format(**days) for argument in arguments))
    assert ran.json["all"]["requests"] == requests


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-13-01", "2026-02-30", "0d", "-1d", "d", "99999d9", "", "10000-01-01", "٣d"]
)
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_what_is_no_day(run: Command, option: str, day: str) -> None:
    ran = run("usage", option, day)
    assert ran.status == 2
    assert "is no day; write 2026-11-21, or 7d" in " ".join(ran.err.replace("│", " ").split())
    assert f"Invalid value for {option}" in run("usage", option, day, "--json").json["error"]


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "99999d", "1969-12-31"])
def test_days_at_the_ends_of_time(run: Command, ledger: Path, option: str, day: str) -> None:
    assert run("usage", option, day, "--json").status in (0, 2)


@pytest.mark.parametrize(
    "content", [b"this is no database, but long enough to look like one" * 100, b"SQLite format 3\0" * 50]
)
def test_a_damaged_ledger_is_one_sentence(run: Command, home: Path, content: bytes) -> None:
    path = home / "data" / LEDGER
    path.parent.mkdir()
    path.write_bytes(content)
    ran = run("usage")
    assert (ran.status, ran.out) == (1, "")
    assert "cannot be read" in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    error = run("usage", "--json")
    assert error.status == 1
    assert str(path) in error.json["error"]
    assert path.read_bytes() == content  # and nobody "repairs" it


def test_a_folder_in_place_of_the_ledger(run: Command, home: Path) -> None:
    (home / "data" / LEDGER).mkdir(parents=True)
    assert "cannot be read" in run("usage", "--json").json["error"]


def test_a_damaged_catalogue_is_one_sentence(run: Command, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "catalogue.yaml").write_text("labs: [")
    assert "catalogue.yaml" in json.dumps(run("usage", "--json").json["error"])


def test_what_only_failed_is_a_sentence_and_no_row(run: Command, home: Path) -> None:
    ledger = Ledger(home / "data" / LEDGER)
    ledger.record(record("a", "pocket", "local", "device"))
    failed = {"requested_model": "nosuch", "status": "error", "error": "model_not_found"}
    ledger.record(UsageRecord(source="proxy", key="b", time=NOW, agent="pi", **failed))  # type: ignore[arg-type]
    ledger.close()
    out = run("usage").out
    assert "1 further request got no answer." in out
    assert "in 1 request\n" in out
    assert "unknown/unknown" not in out
    assert run("usage", "--json").json["all"]["failed"] == 1
