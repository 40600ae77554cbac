"""Tables as files: read back by other programs' readers, they are the ledger's rows."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from agent_telemetry.exporting import CALLS, DAYS, calls, count, days
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.ledger_rows import UPSERT, values
from agent_telemetry.table_files import WRITERS
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 21, 12, 0, 0, 123000, tzinfo=UTC)
NAMES = ("gpt-5.4", "=cmd|' /C calc'!A0", 'quote " and, comma', "line\nbreak", "漢字 🦙", "", "-1", "null")


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    return ("closed", "openai") if model == "gpt-5.4" else ("unknown", None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    with closing(open_ledger(path)) as conn:
        for i, name in enumerate(NAMES):
            row = UsageRecord(
                source="proxy", key=str(i), time=WHEN + timedelta(hours=i), model=name, agent="pi", place="hosted",
                input=i, output=None if i == 3 else 2**40 + i, billed=None if i == 2 else 1_234_567 * i, stream=True,
                latency_ms=1.5, decision="{}",
            )  # fmt: skip
            conn.execute(UPSERT, values(row))
        conn.execute(UPSERT, values(UsageRecord(source="pi", key="d", time=WHEN, duplicate="proxy", output=9)))
    return path


def test_csv(path: Path) -> None:
    out = io.BytesIO()
    assert WRITERS["csv"](out, CALLS, calls(path, classify)) == len(NAMES) == count(path)
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode(), newline="")))
    assert [row["model"] for row in rows] == [
        *("gpt-5.4", "'=cmd|' /C calc'!A0", 'quote " and, comma', "line�break", "漢字 🦙", "", "'-1", "null"),
    ]
    assert rows[0]["time"] == "2026-11-21T12:00:00.123Z"
    assert (rows[0]["openness"], rows[0]["lab"]) == ("closed", "openai")
    assert (rows[3]["output"], rows[2]["billed_usd"], rows[1]["billed_usd"]) == ("", "", "1.234567")
    assert "decision" not in rows[0]
    assert out.getvalue().count(b"\r\n") == len(NAMES) + 1


def test_jsonl(path: Path) -> None:
    out = io.BytesIO()
    WRITERS["jsonl"](out, CALLS, calls(path, classify))
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["model"] for row in rows][:3] == list(NAMES[:3])
    assert rows[1]["billed_usd"] == 1.234567
    assert rows[3]["output"] is None
    assert list(rows[0]) == list(CALLS)


def test_parquet(path: Path, tmp_path: Path) -> None:
    made = tmp_path / "calls.parquet"
    with made.open("wb") as out:
        assert WRITERS["parquet"](out, CALLS, calls(path, classify)) == len(NAMES)
    with duckdb.connect() as conn:
        types = {name: kind for name, kind, *_ in conn.execute(f"DESCRIBE SELECT * FROM '{made}'").fetchall()}
        found = conn.execute(f"SELECT model, output, billed_usd, epoch_ms(time), stream FROM '{made}'").fetchall()
    assert (types["time"], types["output"], types["billed_usd"], types["latency_ms"]) == (
        *("TIMESTAMP WITH TIME ZONE", "BIGINT", "DECIMAL(18,6)", "DOUBLE"),
    )
    assert found[1] == (NAMES[1], 2**40 + 1, Decimal("1.234567"), round(WHEN.timestamp() * 1000) + 3_600_000, 1)
    assert (found[3][1], found[2][2]) == (None, None)


def test_days(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [dict(zip(DAYS, row, strict=True)) for row in days(path, classify)]
    assert sum(row["requests"] for row in rows) == len(NAMES)
    assert sum(row["billed_usd"] or 0 for row in rows) == Decimal(1_234_567 * (sum(range(8)) - 2)).scaleb(-6)
    assert all(date.fromisoformat(row["day"]) for row in rows)


def test_no_ledger(tmp_path: Path) -> None:
    assert list(calls(tmp_path / "none", classify)) == list(days(tmp_path / "none", classify)) == []
    out = io.BytesIO()
    assert WRITERS["parquet"](out, CALLS, []) == 0
    assert out.getvalue()[:4] == b"PAR1"
