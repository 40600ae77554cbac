"""A session's entries as pi and OpenClaw write them, with everything that goes wrong in such files."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.telemetry.importers.truth import Call

MODELS = (
    ("anthropic", "claude-sonnet-4-5", "anthropic-messages"),
    ("openai", "gpt-5.4", "openai-responses"),
    ("openrouter", "qwen/qwen3-coder", "openai-completions"),
    ("ollama", "gpt-oss:20b", "openai-completions"),
)
START = datetime(2026, 3, 1, tzinfo=UTC)


class Session:
    """A session that grows entry by entry; `calls` is what was paid in it. Ids begin anew in each session."""

    def __init__(self, chance: random.Random, version: int = 3, parent: str | None = None) -> None:
        self.chance = chance
        self.id = f"{chance.getrandbits(128):032x}"
        self.id = "-".join((self.id[:8], self.id[8:12], self.id[12:16], self.id[16:20], self.id[20:]))
        self.version = version
        self.clock = START + timedelta(milliseconds=chance.randrange(100 * 86_400_000))
        self.entries: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.model = chance.choice(MODELS)
        header: dict[str, Any] = {"type": "session", "version": version, "id": self.id, "timestamp": self.stamp()}
        if version == 1:
            del header["version"]
        if parent:
            header["parentSession"] = parent
        self.header = header | {"cwd": "/somewhere/else"}
        self._number = 0

    def stamp(self) -> str:
        """The next moment, as entries have it."""
        self.clock += timedelta(milliseconds=self.chance.randrange(1, 90_000))
        return self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def entry(self, type: str, **fields: Any) -> dict[str, Any]:
        """One entry at the end."""
        self._number += 1
        entry: dict[str, Any] = {"type": type, "timestamp": self.stamp()} | fields
        if self.version > 1:
            parent = self.entries[-1].get("id") if self.entries else None
            entry = {"id": f"{0xA0000000 + self._number:08x}", "parentId": parent} | entry
        self.entries.append(entry)
        return entry

    def grow(self) -> None:
        """A turn: what the user says, what the model answers, and sometimes more."""
        chance = self.chance
        if chance.random() < 0.2:
            self.model = chance.choice(MODELS)
            self.entry("model_change", provider=self.model[0], modelId=self.model[1])
        said = 'He wrote {"usage":{"input":5,"output":7}} \\u2028 and "role":"assistant".'
        self.entry("message", message={"role": "user", "content": said, "timestamp": self._now()})
        kind = chance.random()
        if kind < 0.08:
            self._answer("error", {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 0})
        elif kind < 0.12:
            self._answer("aborted", None)
        else:
            self._answer(chance.choice(("stop", "toolUse", "length", "aborted")))
        if chance.random() < 0.1:
            usage = self._usage()
            self._paid(self.entry("compaction", summary="…", tokensBefore=90_000, usage=usage), usage)
        if chance.random() < 0.1:
            usage = self._usage()
            self._paid(self.entry("branch_summary", summary="…", fromId="a0000001", usage=usage), usage)
        if chance.random() < 0.1:
            usage = self._usage()
            provider, model, _ = self.model
            entry = self.entry("usage", kind="cache_warm", provider=provider, model=model, usage=usage)
            self._paid(entry, usage)
        if chance.random() < 0.1:
            self.entry("custom", customType="x", data={"usage": "none", "tokens": 5})
        if chance.random() < 0.05:
            image = {"type": "image", "data": "A" * 200_000, "mimeType": "image/png"}
            self.entry("message", message={"role": "toolResult", "content": [image], "timestamp": self._now()})

    def fork(self, parent: str, upto: int) -> Session:
        """Another session that begins with this one's first entries, as they are."""
        other = Session(self.chance, self.version, parent)
        other.clock = self.clock
        other.header["timestamp"] = other.stamp()
        other.entries = copy.deepcopy(self.entries[:upto])
        other._number = 5000 + upto
        other.model = next((m for e in reversed(other.entries) for m in MODELS if m[1] == e.get("modelId")), self.model)
        other.entry("model_change", provider=other.model[0], modelId=other.model[1])
        return other

    def lines(self, *, spaces: bool = False) -> list[bytes]:
        """The file's lines."""
        separators = (", ", ": ") if spaces else (",", ":")
        return [json.dumps(entry, separators=separators).encode() for entry in (self.header, *self.entries)]

    def _answer(self, stop: str, usage: dict[str, Any] | None = {}) -> None:  # noqa: B006
        if usage == {}:
            usage = self._usage()
        provider, model, api = self.model
        started = self._now()
        message: dict[str, Any] = {
            "role": "assistant",
            "content": [{"type": "text", "text": 'An answer with "usage" and \ud83d\ude00'}],
            "api": api,
            "provider": provider,
            "model": model,
            "stopReason": stop,
            "timestamp": started,
            "responseId": "chatcmpl-1",  # as some servers answer always
        }
        if usage is not None:
            message["usage"] = usage
        self.entry("message", message=message)
        if usage and usage["totalTokens"]:
            self._paid(None, usage, started)

    def _usage(self) -> dict[str, Any]:
        chance = self.chance
        usage: dict[str, Any] = {
            "input": chance.randrange(5000),
            "output": chance.randrange(1, 900),
            "cacheRead": chance.choice((0, chance.randrange(90_000))),
            "cacheWrite": chance.choice((0, chance.randrange(9000))),
        }
        usage["totalTokens"] = sum(usage.values())
        usage["cost"] = {"input": 0.1, "output": 0.2, "cacheRead": 0, "cacheWrite": 0, "total": 0.3}
        if chance.random() < 0.5:
            usage["reasoning"] = chance.randrange(usage["output"] + 1)
        if chance.random() < 0.3:
            usage["cacheWrite1h"] = usage["cacheWrite"] // 2
        return usage

    def _paid(self, entry: dict[str, Any] | None, usage: dict[str, Any], started: int | None = None) -> None:
        time = datetime.fromtimestamp(started / 1000, UTC) if started else datetime.fromisoformat(entry["timestamp"])  # type: ignore[index]
        buckets = (usage["input"], usage["cacheRead"], usage["cacheWrite"], usage["output"], usage.get("reasoning"))
        self.calls.append(Call(self.model[1], self.id, time, *buckets))

    def _now(self) -> int:
        self.stamp()
        return round(self.clock.timestamp() * 1000)
