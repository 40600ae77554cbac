"""A home with sessions of Qwen Code: telemetry and answers, forks, and documents of older versions."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

MODELS = ("qwen3-coder-plus", "qwen3.5-plus", "coder-model", "kimi-k2.5", "gemini-3-pro")


class _Session:
    """`lines` as they are written; `calls` is what was paid."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.id = self.uuid()
        self.clock = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(300 * 86_400_000))
        self.lines: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.gemini = chance.random() < 0.2  # whose API counts thoughts apart

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def stamp(self) -> str:
        self.clock += timedelta(milliseconds=self.chance.randrange(1, 200_000))
        return self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _line(self, type: str, **fields: Any) -> None:
        head = {"uuid": self.uuid(), "parentUuid": self.uuid(), "sessionId": self.id, "timestamp": self.stamp()}
        self.lines.append(head | {"type": type, "cwd": "/x", "version": "0.24.4"} | fields)

    def grow(self) -> None:
        chance = self.chance
        said = 'Why is "usageMetadata" there, and "qwen-code.api_response"?'
        self._line("user", message={"role": "user", "parts": [{"text": said}]})
        for _ in range(chance.randrange(1, 4)):
            self._answered(chance.choice(("main", "main", "main", "silent", "subagent", "alone")))
        if chance.random() < 0.1:
            event = {"event.name": "qwen-code.api_error", "model": "m", "duration_ms": 5, "prompt_id": "x"}
            self._line("system", subtype="ui_telemetry", systemPayload={"uiEvent": event})
        if chance.random() < 0.1:
            self._line("system", subtype="chat_compression", systemPayload={"info": {"newTokenCount": 99}})

    def _answered(self, kind: str) -> None:
        """A call with both lines, with telemetry only (in the background, or a sub-agent's), or an answer only."""
        chance, model = self.chance, self.chance.choice(MODELS)
        prompt = chance.randrange(1, 90_000)
        cached = chance.choice((0, chance.randrange(prompt)))
        thoughts, said = chance.choice((0, chance.randrange(3000))), chance.randrange(1, 900)
        candidates = said if self.gemini else said + thoughts
        usage = {"promptTokenCount": prompt, "candidatesTokenCount": candidates, "cachedContentTokenCount": cached}
        usage |= {"thoughtsTokenCount": thoughts, "totalTokenCount": prompt + said + thoughts}
        if kind != "alone":
            event = {"event.name": "qwen-code.api_response", "response_id": "chatcmpl-1", "model": model}
            event |= {"duration_ms": 300, "input_token_count": prompt, "output_token_count": candidates}
            event |= {"cached_content_token_count": cached, "thoughts_token_count": thoughts, "auth_type": "openai"}
            event["total_token_count"] = prompt + said + thoughts
            if kind == "subagent":
                event |= {"subagent_name": "explore"}
            self._line("system", subtype="ui_telemetry", systemPayload={"uiEvent": event})
        at = self.clock
        if kind in ("main", "alone"):
            message = {"role": "model", "parts": [{"text": "…"}]}
            self._line("assistant", model=model, message=message, usageMetadata=usage, contextWindowSize=131072)
            at = at if kind == "main" else self.clock
        self.calls.append(Call(model, self.id, at, prompt - cached, cached, 0, said + thoughts, thoughts))

    def forked(self) -> list[dict[str, Any]]:
        """What a fork copies, up to a line."""
        copied = self.lines[: self.chance.randrange(len(self.lines)) + 1]
        fork = self.uuid()
        return [
            line | {"sessionId": fork, "forkedFrom": {"sessionId": self.id, "messageUuid": line["uuid"]}}
            for line in copied
        ]


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.qwen` into the folder; the calls that were paid."""
    chance = random.Random(seed)
    truth: list[Call] = []
    chats = folder / ".qwen" / "projects" / "-x" / "chats"
    (chats / "archive").mkdir(parents=True)
    while len(truth) < calls:
        if chance.random() < 0.2:
            truth += _document(folder, chance)
            continue
        session = _Session(chance)
        for _ in range(chance.randrange(1, 8)):
            session.grow()
        where = chats / "archive" if chance.random() < 0.2 else chats
        cut = '{"uuid":"1","type":"assistant","usageMetadata":{"promptTo' if chance.random() < 0.3 else ""
        lines = [json.dumps(line, separators=(",", ":")) for line in session.lines]
        (where / f"{session.id}.jsonl").write_text("\n".join([*lines, cut]))
        if chance.random() < 0.3:
            copies = session.forked()
            (chats / f"{copies[0]['sessionId']}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in copies))
        truth += session.calls
    return truth


def _document(folder: Path, chance: random.Random) -> list[Call]:
    session = _Session(chance)
    messages: list[dict[str, Any]] = []
    for _ in range(chance.randrange(1, 9)):
        messages.append({"id": session.uuid(), "timestamp": session.stamp(), "type": "user", "content": "…"})
        message = {"id": session.uuid(), "timestamp": session.stamp(), "type": "qwen", "content": "…"}
        input, output, model = chance.randrange(1, 9000), chance.randrange(1, 900), chance.choice(MODELS)
        cached, thoughts = chance.choice((0, chance.randrange(input))), chance.choice((0, chance.randrange(output)))
        tokens = {"input": input, "output": output, "cached": cached, "thoughts": thoughts, "tool": 0}
        messages.append(message | {"model": model, "tokens": tokens | {"total": input + output}})
        session.calls.append(Call(model, session.id, session.clock, input - cached, cached, 0, output, thoughts))
    chats = folder / ".qwen" / "tmp" / ("0" * 64) / "chats"
    chats.mkdir(parents=True, exist_ok=True)
    head = {"sessionId": session.id, "projectHash": "0" * 64, "startTime": session.stamp(), "messages": messages}
    (chats / f"session-2025-10-01T10-00-{session.id[:8]}.json").write_text(json.dumps(head, indent=2))
    return session.calls
