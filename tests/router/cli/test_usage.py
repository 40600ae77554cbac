"""`agent-router usage`."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_router.cli import output
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
    assert "`agent-router import` reads the logs" in ran.out
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
        "open, on this device 20%",
        "open 20%",
        "closed 60%",
        "unknown 20%",
        "25 output tokens in 3 requests",
        "qwen3-8b",
        "pi",
    ):
        assert part in out


@pytest.mark.parametrize(
    ("arguments", "requests"),
    [
        (["--since", "1d"], 2),
        (["--since", "7d"], 2),
        (["--since", "yesterday"], 2),
        (["--until", "yesterday"], 1),
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
    "day", ["someday", "2026-13-01", "2026-02-30", "0d", "-1d", "d", "99999d9", "", "10000-01-01", "٣d"]
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
    assert "in 1 request " in " ".join(out.split())
    assert "unknown/unknown" not in out
    assert run("usage", "--json").json["all"]["failed"] == 1


@pytest.fixture
def month(home: Path) -> Path:
    """Five weeks of calls of two agents, some with names that are markup, formulas or right-to-left."""
    ledger = Ledger(home / "data" / LEDGER)
    models = (
        ("claude-opus-4-5", "anthropic", "hosted"),
        ("qwen3-coder:30b", "ollama", "device"),
        ("[red]x[/red]", "=cmd()", "hosted"),
        ("=HYPERLINK('x')", None, None),
        ("‮gpt-5.4 🦙", "openai", "hosted"),
    )
    for i in range(35):
        model, provider, place = models[i % 5]
        agent = "claude" if i % 2 else "pi"
        row = UsageRecord(
            source=agent, key=str(i), time=NOW - timedelta(days=i), agent=agent,
            session=f"s{i // 10}", model=model, provider=provider, place=place, input=10, output=i, billed=1000,  # type: ignore[arg-type]
            family="title-0123" if i % 3 else None,
        )  # fmt: skip
        ledger.record(row)
    ledger.close()
    return home


OUTPUT = sum(range(35))


@pytest.mark.parametrize("view", ["daily", "weekly", "monthly", "sessions", "models", "agents", "labs", "tasks"])
def test_every_view_adds_up(run: Command, month: Path, view: str) -> None:
    rows = run("usage", view, "--json").json["rows"]
    assert sum(row["output"] for row in rows) == OUTPUT
    assert sum(leaf["output"] for row in rows for leaf in row["segments"].values()) == OUTPUT
    lines = list(csv.DictReader(io.StringIO(run("usage", view, "--csv").out)))
    assert sum(int(line["output"]) for line in lines) == OUTPUT
    parts = ("output_open_device", "output_open_lan", "output_open_hosted", "output_closed", "output_unknown")
    assert sum(int(line[part]) for line in lines for part in parts) == OUTPUT
    assert run("usage", view).status == 0


def test_by_two_things(run: Command, month: Path) -> None:
    rows = run("usage", "monthly", "--by", "agent", "--json").json["rows"]
    assert {row["agent"] for row in rows} == {"claude", "pi"}
    assert [row["month"] for row in rows] == sorted(row["month"] for row in rows)
    rows = run("usage", "--by", "openness", "--metric", "requests", "--json").json["rows"]
    assert rows[0]["openness"] in ("closed", "unknown")
    assert sum(row["requests"] for row in rows) == 35


def test_the_weeks_begin_on_monday(run: Command, month: Path) -> None:
    weeks = [row["week"] for row in run("usage", "weekly", "--json").json["rows"]]
    assert all(datetime.fromisoformat(week).weekday() == 0 for week in weeks)


def test_today(run: Command, month: Path) -> None:
    assert run("usage", "today", "--json").json["all"]["requests"] == 1


def test_names_are_neither_markup_nor_formulas(run: Command, month: Path) -> None:
    assert "[red]x[/red]" in run("usage", "models").out
    text = run("usage", "models", "--csv").out
    assert "'=HYPERLINK" in text
    assert not [line for line in text.splitlines() if line.startswith(("=", "+", "@"))]


@pytest.mark.parametrize("width", ["20", "40", "60", "80", "120", "300"])
@pytest.mark.parametrize("view", [(), ("daily",), ("sessions",), ("models", "--by", "agent")])
def test_any_width(
    run: Command, month: Path, monkeypatch: pytest.MonkeyPatch, width: str, view: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.delitem(vars(output), "console", raising=False)
    ran = run("usage", *view)
    assert ran.status == 0
    assert ran.out.strip()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["yearly"], "there is no view 'yearly'. Views: today, daily"),
        (["--metric", "joules"], "'joules' is none of output"),
        (["--by", "mood"], "'mood' is none of agent"),
        (["sessions", "--by", "agent"], "not divided any further"),
    ],
)
def test_what_cannot_be_shown(run: Command, month: Path, words: list[str], said: str) -> None:
    ran = run("usage", *words)
    assert ran.status == 2
    assert said in " ".join(ran.err.replace("│", " ").split())
    assert said in run("usage", *words, "--json").json["error"]


def test_quick_commands_leave_heavy_modules_alone(month: Path) -> None:
    heavy = (
        "pydantic",
        "pydantic_settings",
        "fastapi",
        "jinja2",
        "genai_prices",
        "llama_cpp",
        "rich",
        "uvicorn",
        "yaml",
    )
    for words in (["usage", "--json"], ["import", "--json"]):
        code = (
            "import sys; from agent_router.command import main; sys.argv[1:] = " + repr(words) + "\n"
            "try: main()\nexcept SystemExit: pass\n"
            f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
        )
        environment = {**os.environ, "HOME": str(month)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert done.stderr.strip() == "[]", words
