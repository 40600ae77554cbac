"""A home with messages of opencode: databases of two generations, files of two older ones, forks, and growing ones."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

MODELS = (
    ("anthropic", "claude-sonnet-4-5"),
    ("openai", "gpt-5.4"),
    ("opencode", "big-pickle"),
    ("ollama", "qwen3-coder:30b"),
    ("zai-coding-plan", "glm-4.6"),
)
_START = 1_767_225_600_000  # 2026-01-01
SCHEMA = """
CREATE TABLE session (id text PRIMARY KEY, parent_id text, title text NOT NULL, version text NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
  time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
  time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE INDEX part_message_idx ON part (message_id);
CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL, seq integer NOT NULL,
  time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
"""

Message = tuple[str, str, dict[str, Any], list[dict[str, Any]]]
"""Its id, its session's id, what it is, and its parts."""


class Made:
    """Messages on their way into a home. `calls` is what was paid."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = _START
        self.calls: list[Call] = []
        self.sessions: dict[str, list[Message]] = {}

    def id(self, prefix: str, at: int) -> str:
        """Ids begin with their time."""
        tail = "".join(self.chance.choice("abcdefghijkmnpqrstuvwxyz0123456789") for _ in range(14))
        return f"{prefix}_{at * 4096 % (1 << 48):012x}{tail}"

    def session(self) -> str:
        self.clock += self.chance.randrange(8_000_000)
        id = self.id("ses", self.clock)
        self.sessions[id] = []
        return id

    def answer(self, session: str, *, at: int | None = None, old: bool = False) -> None:
        """One message of the user's, and the answer: a call, or in `old` versions as many as it has steps."""
        chance = self.chance
        self.clock += chance.randrange(1, 400_000)
        began = at if at is not None else self.clock
        user = {"role": "user", "time": {"created": began - 5}, "model": {"providerID": "x", "modelID": "y"}}
        self.sessions[session].append((self.id("msg", began - 5), session, user, []))
        provider, model = chance.choice(MODELS)
        steps = [self._tokens() for _ in range(chance.choice((2, 3)) if old else 1)]
        message: dict[str, Any] = {
            "role": "assistant",
            "parentID": self.sessions[session][-1][0],
            "mode": "build",
            "path": {"cwd": "/x", "root": "/"},
            "cost": 0.01,
            "tokens": steps[-1],
            "modelID": model,
            "providerID": provider,
            "time": {"created": began, "completed": began + chance.randrange(300, 90_000)},
        }
        if not old:
            message["finish"] = chance.choice(("stop", "tool-calls"))
        kind = chance.random()
        if kind < 0.07:
            steps = []
            message["tokens"] = {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}}
            message["error"] = {"name": "APIError", "data": {"message": "…"}}
        elif kind < 0.15:
            message["error"] = {"name": "MessageAbortedError", "data": {}}
        elif kind < 0.2:
            message |= {"summary": True, "mode": "compaction", "agent": "compaction"}
        parts: list[dict[str, Any]] = []
        for tokens in steps:
            parts.append({"type": "step-start"})
            parts.append({"type": "text", "text": 'He said {"type":"step-finish","tokens":{"input":9,"output":9}}'})
            parts.append({"type": "step-finish", "reason": "stop", "cost": 0.01, "tokens": tokens})
        self.sessions[session].append((self.id("msg", began), session, message, parts))
        time = datetime.fromtimestamp(began / 1000, UTC)
        for tokens in steps:
            output = tokens["output"] + tokens["reasoning"]
            cache = tokens["cache"]
            buckets = (tokens["input"], cache["read"], cache["write"], output, tokens["reasoning"])
            self.calls.append(Call(model, session, time, *buckets))

    def fork(self, session: str) -> str:
        """A copy of a session's first messages under new ids, later."""
        copied = self.session()
        for _, _, message, parts in self.sessions[session][: self.chance.randrange(len(self.sessions[session]) + 1)]:
            self.sessions[copied].append((self.id("msg", self.clock), copied, message, parts))
        return copied

    def _tokens(self) -> dict[str, Any]:
        chance = self.chance
        cache = {"read": chance.choice((0, chance.randrange(90_000))), "write": chance.choice((0, 700))}
        tokens: dict[str, Any] = {
            "input": chance.randrange(1, 4000),
            "output": chance.randrange(1, 900),
            "reasoning": chance.choice((0, chance.randrange(2000))),
            "cache": cache,
        }
        if chance.random() < 0.6:
            tokens["total"] = tokens["input"] + tokens["output"] + tokens["reasoning"] + cache["read"] + cache["write"]
        return tokens


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.local/share/opencode` into the folder; the calls that were paid."""
    made = Made(seed)
    home = folder / ".local" / "share" / "opencode"
    home.mkdir(parents=True)
    paths = [home / "opencode.db", home / "opencode-dev.db"]
    connections = [sqlite3.connect(path) for path in paths]
    for conn in connections:
        conn.executescript(SCHEMA)
    while len(made.calls) < calls:
        if made.sessions and made.chance.random() < 0.3:
            session = made.fork(made.chance.choice(list(made.sessions)))
        else:
            session = made.session()
        old = made.chance.random() < 0.2
        for _ in range(made.chance.randrange(8)):
            made.answer(session, old=old)
        if made.chance.random() < 0.2:  # two of its agents begin at the same moment
            made.clock += 1000
            at = made.clock
            for _ in range(2):
                made.answer(made.session(), at=at)
    for session, messages in made.sessions.items():
        for kind in made.chance.sample(("rows", "rows", "dev", "files", "project"), made.chance.choice((1, 2, 3))):
            if kind in ("rows", "dev"):
                _rows(connections[kind == "dev"], session, messages, made.chance.random() < 0.2)
            else:
                _files(home, session, messages, project=kind == "project")
    for conn in connections:
        with closing(conn):
            conn.commit()
    (home / "storage" / "message" / "ses_x").mkdir(parents=True, exist_ok=True)
    for name, content in (("a", b""), ("b", b'{"tokens":'), ("c", b'["tokens"]'), ("d", b'{"tokens":{"input":"x"}}')):
        (home / "storage" / "message" / "ses_x" / f"msg_{name}.json").write_bytes(content)
    return made.calls


def _rows(conn: sqlite3.Connection, session: str, messages: list[Message], second: bool) -> None:
    """Into the tables of the first generation, or of the second, which may have taken over what the first one had."""
    conn.execute("INSERT OR IGNORE INTO session VALUES (?, NULL, 'A title', '1.2.0')", [session])
    for number, (id, _, message, parts) in enumerate(messages):
        created = message["time"]["created"]
        whole = len([part for part in parts if part["type"] == "step-finish"]) < 2
        if second and whole:
            new = {name: value for name, value in message.items() if name not in ("role", "modelID", "providerID")}
            if message["role"] == "assistant":
                new["model"] = {"id": message["modelID"], "providerID": message["providerID"], "variant": "default"}
            row = (id, session, message["role"], number, created, created, json.dumps(new))
            conn.execute("INSERT OR IGNORE INTO session_message VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            if number % 2:
                continue
        row5 = (id, session, created, created, json.dumps(message, separators=(",", ":")))
        conn.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, ?)", row5)
        for place, part in enumerate(parts):
            row6 = (f"prt_{id}{place:03}", id, session, created, created, json.dumps(part, separators=(",", ":")))
            conn.execute("INSERT OR IGNORE INTO part VALUES (?, ?, ?, ?, ?, ?)", row6)


def _files(home: Path, session: str, messages: list[Message], *, project: bool) -> None:
    """As before there was a database, and as before that, a folder a project."""
    storage = home / "project" / "a-project" / "storage" / "session" if project else home / "storage"
    for id, _, message, parts in messages:
        path = storage / "message" / session / f"{id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"id": id, "sessionID": session} | message, indent=2))
        kept = storage / "part" / session / id if project else storage / "part" / id
        kept.mkdir(parents=True, exist_ok=True)
        for place, part in enumerate(parts):
            (kept / f"prt_{place:03}.json").write_text(json.dumps(part, separators=(",", ":")))
