"""Open WebUI's database: each message with usage once, whether in its chat, in a copy of it or in a row of its own."""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.importers.open_webui import IMPORTER
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import Call, found

_SCHEMA = """
CREATE TABLE chat (id VARCHAR PRIMARY KEY, user_id VARCHAR, title TEXT, chat JSON, share_id TEXT, created_at BIGINT);
CREATE TABLE chat_message (id TEXT PRIMARY KEY, chat_id TEXT, role TEXT, model_id TEXT, content JSON, usage JSON,
created_at BIGINT);
"""


@pytest.mark.parametrize("seed", range(20))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    truth = []
    with closing(_database(tmp_path)) as conn, conn:
        for number in range(30):
            chat, messages = str(uuid.UUID(int=chance.getrandbits(128))), {}
            clock = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(40_000_000))
            for _ in range(chance.randrange(1, 9)):
                clock += timedelta(seconds=chance.randrange(1, 9000))
                id = str(uuid.UUID(int=chance.getrandbits(128)))
                model = chance.choice(("qwen3.6:27b", "gpt-5.4", "my-own-model"))
                message = {"id": id, "role": "assistant", "model": model, "timestamp": int(clock.timestamp())}
                told, tokens = _usage(chance)
                messages[id] = message | told
                messages[f"u{id}"] = {"role": "user", "content": "…", "usage": {"prompt_tokens": 5}}
                if tokens is not None:
                    truth.append(Call(model, chat, clock, *tokens))
            branch = list(messages.values())
            kept = {"messages": branch} | ({} if chance.random() < 0.2 else {"history": {"messages": messages}})
            _chat(conn, chat, kept)
            if chance.random() < 0.3:
                _chat(conn, f"copy-{number}", kept)
            if chance.random() < 0.5:
                for id, message in messages.items():
                    if "usage" in message and message["role"] == "assistant":
                        row = [f"{chat}-{id}", chat, message["model"], json.dumps(message["usage"])]
                        conn.execute(
                            "INSERT INTO chat_message VALUES (?, ?, 'assistant', ?, '…', ?, ?)",
                            [*row, message["timestamp"]],
                        )
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_n": 5, "predicted_n": 7}, (5, 0, 0, 7)),
        ({"prompt_n": 5, "cache_n": 20, "predicted_n": 7}, (5, 20, 0, 7)),
        ({"prompt_n": 5, "cache_n": 20, "predicted_n": 7, "input_tokens": 25}, (5, 20, 0, 7)),
        ({"prompt_tokens": 5, "completion_tokens": 7, "input_tokens": 11, "output_tokens": 13}, (11, 0, 0, 13)),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}, (0, 5, 0, 0)),
        ({"input_tokens": 5, "output_tokens": 1, "cache_read_input_tokens": 3}, (5, 3, 0, 1)),
        ({"input_tokens": 5, "output_tokens": 1, "total_tokens": 6, "cache_read_input_tokens": 3}, (5, 3, 0, 1)),
        ({"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6, "cache_read_input_tokens": 3}, (2, 3, 0, 1)),
    ],
)
def test_what_servers_tell(tmp_path: Path, usage: dict[str, Any], tokens: tuple[int, ...]) -> None:
    with closing(_database(tmp_path)) as conn, conn:
        _chat(conn, "c", {"history": {"messages": {"m": {"role": "assistant", "usage": usage}}}})
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.input, row.cache_read, row.cache_write, row.output) == tokens
    assert (row.key, row.session, row.model) == ("m", "c", None)


def test_odd_chats(tmp_path: Path) -> None:
    none = {"prompt_tokens": 0, "completion_tokens": -1, "total_tokens": "9"}
    odd = {"a": None, "b": {"role": "assistant", "usage": 5}, "c": {"role": "assistant", "usage": none}}
    with closing(_database(tmp_path)) as conn, conn:
        for number, chat in enumerate((None, [], {"history": []}, {"history": {"messages": odd}}, {"messages": 5})):
            _chat(conn, str(number), chat)
        conn.execute("INSERT INTO chat (id, chat) VALUES ('broken', '{\"history')")
        conn.execute("INSERT INTO chat_message (id, usage) VALUES (NULL, '{')")
    rows, counts = read(IMPORTER, tmp_path)
    assert not rows
    assert counts == {"without tokens": 1}


def test_where_it_is_told_to_be(tmp_path: Path) -> None:
    with closing(_database(tmp_path / "elsewhere", "")) as conn, conn:
        _chat(conn, "c", {"messages": [{"role": "assistant", "usage": {"eval_count": 5}, "timestamp": 1_772_359_200}]})
    assert not calls(IMPORTER, tmp_path)
    for variables in (
        {"DATA_DIR": str(tmp_path / "elsewhere")},
        {"DATABASE_URL": f"sqlite:///{tmp_path}/elsewhere/webui.db"},
    ):
        (row,) = calls(IMPORTER, tmp_path, **variables).values()
        assert (row.output, row.time) == (5, datetime(2026, 3, 1, 10, tzinfo=UTC))


def _usage(chance: random.Random) -> tuple[dict[str, Any], tuple[int, ...] | None]:
    """What stands in a message, and what that was: input, cache read, written, output, reasoning."""
    input, cached, output, reasoning = (chance.randrange(1, 9000) for _ in range(4))
    ollama = {"prompt_eval_count": input, "eval_count": output, "total_duration": 5_000_000}
    match chance.choice(("openai", "ollama", "older", "none")):
        case "openai":
            told: dict[str, Any] = {"prompt_tokens": input + cached, "completion_tokens": output + reasoning}
            told |= {"prompt_tokens_details": {"cached_tokens": cached}, "total_tokens": 5}
            told |= {"completion_tokens_details": {"reasoning_tokens": reasoning}}
            return {"usage": told}, (input, cached, 0, output + reasoning, reasoning)
        case "ollama":
            return {"usage": ollama | {"prompt_tokens": input, "completion_tokens": output}}, (input, 0, 0, output)
        case "older":
            return {"info": ollama}, (input, 0, 0, output)
        case _:
            return {}, None


def _database(home: Path, folder: str = ".open-webui") -> sqlite3.Connection:
    place = home / folder
    place.mkdir(parents=True)
    conn = sqlite3.connect(place / "webui.db")
    conn.executescript(_SCHEMA)
    return conn


def _chat(conn: sqlite3.Connection, id: str, chat: object) -> None:
    conn.execute("INSERT INTO chat (id, chat, created_at) VALUES (?, ?, 1772359200)", [id, json.dumps(chat)])
