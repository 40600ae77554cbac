"""A home with tasks of Cline, Roo or Kilo in several editors, as their versions of these years wrote them."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

EXTENSIONS = {"cline": "saoudrizwan.claude-dev", "roo": "rooveterinaryinc.roo-cline", "kilo": "kilocode.kilo-code"}
_HOSTS = (".config/Code", ".config/Cursor", ".config/VSCodium", ".vscode-server/data")
_MODELS = ("claude-sonnet-4.5", "qwen/qwen3-coder", "gpt-5.4", "kimi-k2.5", "deepseek-v4", "gemini-2.5-pro")
_PROVIDERS = dict.fromkeys(("anthropic", "openrouter", "cline", "ollama", "gemini", "vercel-ai-gateway"), False)
_PROVIDERS |= dict.fromkeys(("openai", "litellm", "openai-codex", "xai", "zai"), True)
"""Cline's, and whether `tokensIn` is the whole prompt with them."""
_FOR_A_WHILE = {
    "openrouter": (datetime(2025, 5, 2, tzinfo=UTC), datetime(2025, 8, 13, tzinfo=UTC)),
    "cline": (datetime(2025, 5, 2, tzinfo=UTC), datetime(2025, 8, 13, tzinfo=UTC)),
    "gemini": (datetime(2025, 5, 2, tzinfo=UTC), datetime(2025, 6, 20, tzinfo=UTC)),
    "vercel-ai-gateway": (datetime(2025, 8, 20, tzinfo=UTC), datetime(2025, 11, 18, tzinfo=UTC)),
}
"""When it was with others too."""
_ROO_TOTAL = datetime(2025, 11, 1, tzinfo=UTC)


class _Task:
    def __init__(self, chance: random.Random, agent: str) -> None:
        self.chance, self.agent = chance, agent
        self.clock = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(550 * 86_400_000))
        number = str(int(self.clock.timestamp() * 1000))
        self.id = number if agent == "cline" else str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self.messages: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.models: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.told = agent == "cline" and chance.random() < 0.5  # newer versions name the model in each message
        self.old = agent == "cline" and not self.told and chance.random() < 0.3  # the figures in a message of their own

    def now(self) -> int:
        self.clock += timedelta(milliseconds=self.chance.randrange(60_000, 600_000))
        return int(self.clock.timestamp() * 1000)

    def say(self, say: str, told: object, ts: int, **fields: Any) -> None:
        said = told if isinstance(told, str) else json.dumps(told)
        self.messages.append({"ts": ts, "type": "say", "say": say, "text": said} | fields)

    def turn(self) -> None:
        chance, ts = self.chance, self.now()
        self.say("text", 'What is {"tokensIn": 5} in an "api_req_started"?', ts - 5)
        model, provider = chance.choice(_MODELS), chance.choice(tuple(_PROVIDERS))
        info = {"modelInfo": {"providerId": provider, "modelId": model, "mode": "act"}} if self.told else {}
        protocol = chance.choice(("anthropic", "openai"))
        base = {"apiProtocol": protocol} if self.agent != "cline" else {"request": "<task>\nx\n</task>"}
        self.models.append({"ts": ts + 3, "model_id": model, "model_provider_id": provider, "mode": "act"})
        said = (
            f"<environment_details>\n# Current Mode\n<slug>code</slug>\n<model>{model}</model>\n</environment_details>"
        )
        content = [{"type": "text", "text": "<model>other</model>"}, {"type": "text", "text": said}]
        self.history.append({"role": "user", "ts": ts + 7, "content": content})
        kind = chance.random()
        if kind < 0.1:
            self.say("api_req_started", base | {"cancelReason": "streaming_failed"}, ts, **info)
            return
        if kind < 0.15:
            self.say("api_req_started", base, ts, **info)  # under way
            return
        fresh, output = chance.randrange(1, 900), chance.randrange(1, 3000)
        reads, writes = chance.choice((0, chance.randrange(1000, 90_000))), chance.choice((0, chance.randrange(9000)))
        if self.agent == "cline":
            since, until = _FOR_A_WHILE.get(provider, (self.clock, self.clock))
            if "gemini" in model and provider in ("openrouter", "cline"):
                until = datetime(2025, 6, 25, tzinfo=UTC)
            whole = _PROVIDERS[provider] or since <= self.clock < until
        else:
            whole = protocol == "openai" or self.clock >= _ROO_TOTAL
            if not whole and fresh >= reads + writes:
                reads, writes = 0, 0  # what cannot be told apart does not come about
        figures: dict[str, Any] = {"tokensIn": fresh + (reads + writes) * whole, "tokensOut": output}
        figures |= {"cacheWrites": writes, "cacheReads": reads, "cost": 0.01}
        if kind < 0.25:
            figures["cancelReason"] = "user_cancelled"
        if self.old:
            self.say("api_req_started", base, ts)
            self.say("text", "…", ts + 40)
            self.say("api_req_finished", figures, ts + 50)
        else:
            self.say("api_req_started", base | figures, ts, **info)
        at = datetime.fromtimestamp(ts / 1000, UTC)
        self.calls.append(Call(model, self.id, at, fresh, reads, writes, output))


def write(folder: Path, agent: str, seed: int, calls: int = 150) -> list[Call]:
    """Writes tasks into the folder; the calls that were paid."""
    chance = random.Random(seed)
    truth: list[Call] = []
    while len(truth) < calls:
        task = _Task(chance, agent)
        for _ in range(chance.randrange(1, 12)):
            task.turn()
        hosts = chance.sample(_HOSTS, 2 if chance.random() < 0.1 else 1)  # synchronized editors have it twice
        for host in hosts:
            place = folder / host / "User" / "globalStorage" / EXTENSIONS[agent] / "tasks" / task.id
            place.mkdir(parents=True)
            name = "claude_messages.json" if task.old else "ui_messages.json"
            (place / name).write_text(json.dumps(task.messages))
            (place / "api_conversation_history.json").write_text(json.dumps(task.history))
            if agent == "cline" and not task.told:
                (place / "task_metadata.json").write_text(json.dumps({"model_usage": task.models}))
        truth += task.calls
    return truth
