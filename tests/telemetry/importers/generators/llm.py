"""A home with llm's database: `responses` of the older versions, `turns` of the newer ones."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

_USAGE = """input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, duration_ms INTEGER, datetime_utc TEXT,
resolved_model TEXT, response_json TEXT"""
SCHEMA = f"""
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, response TEXT, conversation_id TEXT, {_USAGE});
CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, model TEXT, {_USAGE});
"""


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `logs.db` where llm has it on Linux; the calls that were paid."""
    chance = random.Random(seed)
    truth: list[Call] = []
    place = folder / ".config" / "io.datasette.llm"
    place.mkdir(parents=True)
    clock = datetime(2025, 1, 1, tzinfo=UTC)
    with closing(sqlite3.connect(place / "logs.db")) as conn, conn:
        conn.executescript(SCHEMA)
        for number in range(calls):
            clock += timedelta(seconds=chance.randrange(1, 100_000))
            table, session = chance.choice((("responses", "conversation_id"), ("turns", "thread_id")))
            row, call = _call(chance, clock, f"c{number // 5}")
            row |= {"id": f"{number:026}", session: f"c{number // 5}", "duration_ms": 50}
            columns = ", ".join(row)
            conn.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
            if call is not None:
                truth.append(call)
    return truth


def _call(chance: random.Random, clock: datetime, session: str) -> tuple[dict[str, Any], Call | None]:
    fresh, read, write = (chance.randrange(1, 9000) for _ in range(3))
    output, thoughts = chance.randrange(100, 900), chance.randrange(1, 100)
    stamp = clock.isoformat() if chance.random() < 0.5 else clock.isoformat().removesuffix("+00:00")
    row: dict[str, Any] = {"datetime_utc": stamp}

    def told(model: str, input: int | None, details: dict[str, Any] | None, resolved: str | None = None) -> None:
        row.update(model=model, input_tokens=input, output_tokens=None if input is None else output)
        row.update(token_details=None if details is None else json.dumps(details), resolved_model=resolved)

    match chance.choice(("openai", "responses", "anthropic", "gemini", "plain", "none")):
        case "openai":
            details = {"prompt_tokens_details": {"cached_tokens": read}}
            told("gpt-5.4", fresh + read, details | {"completion_tokens_details": {"reasoning_tokens": thoughts}})
            return row, Call("gpt-5.4", session, clock, fresh, read, 0, output, thoughts)
        case "responses":
            details = {"input_tokens_details": {"cached_tokens": read}}
            details |= {"output_tokens_details": {"reasoning_tokens": thoughts}}
            told("fast", fresh + read, details, "qwen3.6")
            return row, Call("qwen3.6", session, clock, fresh, read, 0, output, thoughts)
        case "anthropic":
            details = {"cache_creation_input_tokens": write, "cache_read_input_tokens": read}
            told("anthropic/claude-opus-5", fresh, details | {"service_tier": "standard"})
            return row, Call("anthropic/claude-opus-5", session, clock, fresh, read, write, output)
        case "gemini":
            details = {"candidatesTokenCount": output - thoughts, "thoughtsTokenCount": thoughts}
            told("gemini/gemini-3-pro", fresh + read, details | {"cachedContentTokenCount": read})
            return row, Call("gemini/gemini-3-pro", session, clock, fresh, read, 0, output, thoughts)
        case "plain":
            told("llama3.3:latest", fresh, None)
            return row, Call("llama3.3:latest", session, clock, fresh, 0, 0, output)
        case _:
            told("markov", None, None)
            return row, None
