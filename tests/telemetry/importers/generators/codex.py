"""A Codex home as its versions write it: threads that go on, are forked, archived and compressed, with the truth.

`Time` of a call is that of the line that tells of it. Written after `rollout/src/recorder.rs`, `core/src/session` and
`protocol.rs` of Codex: `old` has no turn ids and starts a resumed thread's total anew, `legacy` copies a fork's
history, `records` tells each answer's usage in a line of its own, and its forks point to their parent instead.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent_telemetry.importers.zstandard_text import zstd
from tests.telemetry.importers.truth import Call

_MODELS = ("gpt-5-codex", "gpt-5.3-codex", "gpt-5.6-mini", "gpt-oss:120b")
_STYLES = ("old", "legacy", "records")
_FIELDS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")

Line = dict[str, Any]
Usage = dict[str, int]


@dataclass
class _Thread:
    id: str
    style: str
    model: str
    now: datetime
    lines: list[Line] = field(default_factory=list)
    total: Usage = field(default_factory=lambda: dict.fromkeys(_FIELDS, 0))
    calls: list[Call] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)  # the places of the lines with which turns begin
    records: bool = False


def write(folder: Path, seed: int, threads: int = 8) -> list[Call]:
    """A home below `folder`, and the calls that were made in it."""
    maker = _Maker(random.Random(seed))
    for _ in range(threads):
        maker.thread()
    for _ in range(threads):
        maker.fork()
    return maker.save(folder / ".codex")


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.threads: list[_Thread] = []
        self.parents: set[str] = set()

    # ids and times

    def id(self, at: datetime) -> str:
        """Of version 7: the time in milliseconds, and chance."""
        bits = (int(at.timestamp() * 1000) << 80) | 7 << 76 | self.chance.getrandbits(12) << 64
        return str(uuid.UUID(int=bits | 2 << 62 | self.chance.getrandbits(62)))

    def later(self, thread: _Thread, least: float = 0.05, most: float = 90.0) -> None:
        thread.now += timedelta(milliseconds=int(1000 * self.chance.uniform(least, most)))

    # lines

    def say(self, thread: _Thread, kind: str, payload: Line) -> None:
        thread.lines.append({"timestamp": _iso(thread.now), "type": kind, "payload": payload})

    def event(self, thread: _Thread, kind: str, **payload: Any) -> None:
        self.say(thread, "event_msg", {"type": kind, **payload})

    def meta(self, thread: _Thread, **more: Any) -> None:
        meta = {
            "id": thread.id,
            "timestamp": _iso(thread.now - timedelta(milliseconds=20)),
            "cwd": "/w",
            "originator": self.chance.choice(("codex_cli_rs", "codex_exec", "codex_vscode")),
            "cli_version": {"old": "0.46.0", "legacy": "0.120.0", "records": "0.160.0"}[thread.style],
            "source": "cli",
            "model_provider": "openai",
            "base_instructions": {"text": "x" * self.chance.choice((10, 6000))},
        }
        self.say(thread, "session_meta", meta | more)

    def usage(self) -> Usage:
        chance = self.chance
        input = chance.randrange(1, 60_000)
        output = chance.randrange(1, 4000)
        return {
            "input_tokens": input,
            "cached_input_tokens": chance.choice((0, chance.randrange(0, input + 1))),
            "output_tokens": output,
            "reasoning_output_tokens": chance.choice((0, chance.randrange(0, output + 1))),
            "total_tokens": input + output,
        }

    def count(self, thread: _Thread, last: Usage | None, **shown: Any) -> None:
        info = {"total_token_usage": dict(thread.total), "last_token_usage": last, "model_context_window": 272000}
        limits = {"primary": {"used_percent": self.chance.random() * 100, "window_minutes": 300}, "plan_type": "plus"}
        if last is None:
            self.event(thread, "token_count", info=None, rate_limits=limits)
        else:
            self.event(thread, "token_count", info=info | shown, rate_limits=limits)

    def call(self, thread: _Thread, used: Usage | None = None) -> None:
        used = used or self.usage()
        self.later(thread, 0.7)
        for name in _FIELDS:
            thread.total[name] += used[name]
        at = thread.now
        if thread.records:
            record = {
                "thread_id": thread.id,
                "turn_id": "t",
                "response_id": f"resp_{self.chance.getrandbits(64):x}",
                "usage": used,
                "turn_token_usage": used,
                "thread_token_usage": dict(thread.total),
            }
            self.say(thread, "token_usage_record", record)
            thread.now += timedelta(milliseconds=self.chance.randrange(0, 3000))
        self.count(thread, used)
        read = used["cached_input_tokens"]
        buckets = used["input_tokens"] - read, read, 0, used["output_tokens"], used["reasoning_output_tokens"]
        thread.calls.append(Call(thread.model, thread.id, at, *buckets))
        for _ in range(self.chance.choice((0, 0, 1, 3))):  # the same again, with other limits
            self.later(thread, 0.01, 20)
            self.count(thread, used)

    # what happens

    def turn(self, thread: _Thread) -> None:
        chance = self.chance
        self.later(thread, 1, 40_000 if chance.random() < 0.1 else 200)
        if chance.random() < 0.2:
            thread.model = chance.choice(_MODELS)
        thread.turns.append(len(thread.lines))
        turn = {} if thread.style == "old" else {"turn_id": self.id(thread.now)}
        self.event(thread, "task_started", **turn, model_context_window=272000)
        self.say(thread, "turn_context", {"cwd": "/w", "model": thread.model, "summary": "auto", **turn})
        quoted = 'the line said "type":"token_count" and "turn_context", "model":"none"'
        self.say(thread, "response_item", {"type": "message", "role": "user", "content": [{"text": quoted}]})
        self.event(thread, "user_message", message=quoted)
        if chance.random() < 0.3:
            self.count(thread, None)
        for _ in range(chance.randrange(1, 5)):
            self.call(thread)
            self.say(thread, "response_item", {"type": "reasoning", "encrypted_content": "e" * chance.randrange(9000)})
        if chance.random() < 0.15:
            self.compaction(thread)
        if chance.random() < 0.08 and not thread.records:
            self.overflow(thread)
        self.event(thread, "task_complete", **turn, last_agent_message="done")

    def compaction(self, thread: _Thread) -> None:
        self.call(thread)
        latest = {"thread_id": thread.id, "response_id": "r", "usage": self.usage()} if thread.records else None
        self.say(thread, "compacted", {"message": "", "latest_token_usage_record": latest})
        estimate = dict.fromkeys(_FIELDS, 0) | {"total_tokens": self.chance.randrange(5000)}
        self.count(thread, estimate)
        self.event(thread, "context_compacted")

    def overflow(self, thread: _Thread) -> None:
        full = dict.fromkeys(_FIELDS, 0) | {"total_tokens": 272000}
        missing = max(0, 272000 - thread.total["total_tokens"])
        thread.total = full
        self.count(thread, dict.fromkeys(_FIELDS, 0) | {"total_tokens": missing})

    def resume(self, thread: _Thread) -> None:
        if thread.style == "old":
            thread.total = dict.fromkeys(_FIELDS, 0)
        if self.chance.random() < 0.3:
            self.event(thread, "thread_rolled_back", num_turns=1)
        if self.chance.random() < 0.2 and thread.style != "old":
            thread.records = not thread.records  # with a newer version, or with an older one again

    def live(self, thread: _Thread, turns: int) -> None:
        for _ in range(turns):
            self.turn(thread)
            if self.chance.random() < 0.2:
                self.resume(thread)
        self.threads.append(thread)

    def new(self, style: str, at: datetime) -> _Thread:
        thread = _Thread(self.id(at), style, self.chance.choice(_MODELS), at)
        thread.records = style == "records"
        return thread

    def thread(self) -> None:
        chance = self.chance
        began = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(30 * 86_400_000))
        thread = self.new(chance.choice(_STYLES), began)
        self.meta(thread)
        self.live(thread, chance.randrange(1, 6))

    def fork(self) -> None:
        """The whole thread or its first turns, or a sub-agent with what its parent told, or with nothing of it."""
        chance = self.chance
        parent = chance.choice(self.threads)
        turn = chance.choice((None, *parent.turns))
        lines = parent.lines if turn is None else parent.lines[:turn]
        at = parent.now if turn is None or chance.random() < 0.5 else _time(parent.lines[turn])
        thread = self.new(parent.style, at + timedelta(milliseconds=chance.randrange(3000, 60_000)))
        thread.model = parent.model
        self.parents.add(parent.id)
        kind = chance.choice(("fork", "agent", "fresh"))
        if kind == "fresh":
            spawn = {"subagent": {"thread_spawn": {"parent_thread_id": parent.id, "depth": 1}}}
            self.meta(thread, source=spawn)
        elif thread.style == "records":
            base = {"thread_id": parent.id, "end_ordinal_exclusive": len(lines)}
            self.meta(thread, forked_from_id=parent.id, history_base=base)
            self.total(thread, lines)
            self.event(thread, "thread_settings_applied", thread_id=thread.id, thread_settings={"model": thread.model})
        else:
            self.copy(thread, parent, lines, kind)
        self.live(thread, chance.randrange(1, 4))

    def copy(self, thread: _Thread, parent: _Thread, lines: list[Line], kind: str) -> None:
        chance = self.chance
        more: Line = {"forked_from_id": parent.id} if thread.style != "old" else {}
        if kind == "agent":
            more["source"] = {"subagent": {"thread_spawn": {"parent_thread_id": parent.id, "depth": 1}}}
            lines = [each for each in lines if each["type"] != "response_item"]
        lines = [each for each in lines if each["type"] != "token_usage_record" or kind == "fork"]
        self.meta(thread, **more)
        as_it_was = kind == "agent" and chance.random() < 0.3
        for line in lines:
            if not as_it_was and chance.random() < 0.05:
                thread.now += timedelta(milliseconds=1)
            thread.lines.append(line if as_it_was else line | {"timestamp": _iso(thread.now)})
        self.total(thread, lines)

    def total(self, thread: _Thread, lines: list[Line]) -> None:
        """A fork goes on counting where its parent was."""
        for line in lines:
            info = line["payload"].get("info") if line["payload"].get("type") == "token_count" else None
            if info:
                thread.total = dict(info["total_token_usage"])

    # files

    def save(self, home: Path) -> list[Call]:
        chance = self.chance
        made: list[Call] = []
        for thread in self.threads:
            where = chance.choice(("sessions", "sessions", "archived", "zst", "both", "gone"))
            if where == "gone" and thread.id not in self.parents:
                where = "sessions"
            if where == "gone":
                continue
            made += thread.calls
            content = self.content(thread)
            began = _time(thread.lines[0])
            name = f"rollout-{began:%Y-%m-%dT%H-%M-%S}-{thread.id}.jsonl"
            day = home / "sessions" / f"{began:%Y/%m/%d}"
            archived = home / "archived_sessions"
            if where == "zst":
                _put(day / f"{name}.zst", zstd.compress(content))
            if where in ("sessions", "both"):
                _put(day / name, content)
            if where in ("archived", "both"):
                _put(archived / name, content)
        return made

    def content(self, thread: _Thread) -> bytes:
        lines = []
        for line in thread.lines:
            lines.append(json.dumps(line, separators=(",", ":")).encode())
            if self.chance.random() < 0.01:
                lines.append(lines[-1][: len(lines[-1]) // 2])  # a write that broke off
        return b"\n".join(lines) + b"\n"


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _time(line: Line) -> datetime:
    return datetime.fromisoformat(line["timestamp"])
