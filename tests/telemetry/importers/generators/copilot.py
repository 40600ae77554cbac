"""A home with Copilot CLI's sessions: with a record for each call, and of older versions with sums at the end."""

from __future__ import annotations

import json
import random
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

MODELS = ("claude-sonnet-5", "gpt-5.4", "claude-haiku-4.5")


class _Session:
    def __init__(self, chance: random.Random, *, records: bool) -> None:
        self.chance, self.records = chance, records
        self.id = self.uuid()
        self.clock = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(200 * 86_400_000))
        self.events: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.number = 0
        self.sums: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
        self.last: dict[str, int] = {}  # the place of a model's last call among `calls`
        self.begun = 0  # the number of calls before it was resumed
        self._event("session.start", sessionId=self.id, selectedModel=MODELS[0])

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def _event(self, type: str, **data: Any) -> None:
        self.clock += timedelta(milliseconds=self.chance.randrange(1, 200_000))
        stamp = self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.events.append({"type": type, "data": data, "id": self.uuid(), "timestamp": stamp, "parentId": None})

    def turn(self) -> None:
        chance, model = self.chance, self.chance.choice(MODELS)
        self._event("user.message", content='What are "outputTokens" in "session.usage_record"?')
        fresh, read, write = (
            chance.randrange(1, 900),
            chance.choice((0, chance.randrange(90_000))),
            chance.randrange(99),
        )
        output, reasoning = chance.randrange(500, 900), chance.randrange(400 if self.records else 20)
        usage = {"inputTokens": fresh + read + write, "outputTokens": output, "cacheReadTokens": read}
        usage |= {"cacheWriteTokens": write, "reasoningTokens": reasoning}
        self.sums[model] = [a + b for a, b in zip(self.sums[model], usage.values(), strict=True)]
        self.number += 1
        if self.records:
            told = {"model": model, "accounting": {"sourceSessionId": self.id, "sequence": self.number}, "cost": 1}
            self._event("session.usage_record", usage=usage | told)
            self.calls.append(Call(model, self.id, self.clock, fresh, read, write, output, reasoning))
        self._event("assistant.message", model=model, content="…", outputTokens=output)
        if not self.records:
            self._told(model, [fresh, read, write, output, reasoning])

    def _told(self, model: str, rest: list[int]) -> None:
        """Of older versions' calls the input is known of all together, at the last of a model."""
        before = self.calls[self.last[model]] if model in self.last and self.last[model] >= self.begun else None
        carried = [before.input, before.cache_read, before.cache_write, before.reasoning or 0] if before else [0] * 4
        if before is not None:
            self.calls[self.last[model]] = before._replace(input=0, cache_read=0, cache_write=0, reasoning=0)
        self.last[model] = len(self.calls)
        input, read, write, reasoning = (a + b for a, b in zip(carried, [*rest[:3], rest[4]], strict=True))
        self.calls.append(Call(model, self.id, self.clock, input, read, write, rest[3], reasoning))

    def end(self) -> None:
        """What a program tells when it is left; older ones of what was since it was started."""
        names = ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokens")
        metrics = {
            model: {"requests": {"count": 1, "cost": 1}, "usage": dict(zip(names, sums, strict=True))}
            for model, sums in self.sums.items()
        }
        whole = {"usageAccountingWatermarks": {self.id: self.number}} if self.records else {}
        self._event("session.shutdown", shutdownType="routine", modelMetrics=metrics, **whole)

    def resume(self) -> None:
        self._event("session.resume", eventCount=len(self.events), selectedModel=MODELS[0])
        self.begun = len(self.calls)
        if not self.records:
            self.sums.clear()

    def summary(self) -> None:
        used = {"model": MODELS[1], "inputTokens": 500, "outputTokens": 30, "cacheReadTokens": 200}
        self._event("session.compaction_complete", success=True, compactionTokensUsed=used)
        self.calls.append(Call(MODELS[1], self.id, self.clock, 300, 200, 0, 30, 0))


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.copilot/session-state`; the calls that were paid."""
    chance = random.Random(seed)
    truth: list[Call] = []
    while len(truth) < calls:
        session = _Session(chance, records=chance.random() < 0.5)
        for run in range(chance.randrange(1, 4)):
            if run:
                session.resume()
            for _ in range(chance.randrange(1, 8)):
                session.turn()
            if chance.random() < 0.2:
                session.summary()
            session.end()
        place = folder / ".copilot" / "session-state"
        path = place / session.id / "events.jsonl" if chance.random() < 0.8 else place / f"{session.id}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n" for event in session.events))
        truth += session.calls
    return truth
