"""A home with sessions of Claude Code, of old and new versions: answers in several lines, sub-agents with and without
files of their own, sessions that were resumed and branched, replays, what the client says itself, and broken files."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

_MODELS = (
    *("claude-opus-4-5-20251101", "claude-sonnet-4-20250514", "us.anthropic.claude-haiku-4-5-20251001-v1:0"),
    *("glm-4.6", "qwen3-coder:30b", "deepseek-v3.1", "kimi-k2-0905-preview"),
)


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.claude/projects` and `~/.config/claude/projects` into the folder; the calls that were paid."""
    chance = random.Random(seed)
    homes = [folder / ".claude" / "projects", folder / ".config" / "claude" / "projects"]
    truth: list[Call] = []
    written: list[_Session] = []
    while len(truth) < calls:
        copies = written and chance.random() < 0.35
        session = chance.choice(written).copy() if copies else _Session(chance)
        for _ in range(chance.randrange(12)):
            session.turn()
        session.save(chance.choice(homes) / f"-home-user-{chance.randrange(3)}")
        written.append(session)
        truth += session.calls
    empty = homes[0] / "-empty"
    (empty / "folder.jsonl").mkdir(parents=True)
    (empty / "none.jsonl").write_bytes(b"")
    (empty / "binary.jsonl").write_bytes(b'\x00\xff"usage"\xfe\n[{"usage":1}]\n"usage"\nnull\n{"usage":{}}\n')
    (empty / "notes.txt").write_text('{"type":"assistant","message":{"id":"msg_x","usage":{"input_tokens":5}}}\n')
    return truth


class _Session:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.id = str(uuid.UUID(int=chance.getrandbits(128)))
        self.time = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(30_000_000_000))
        self.lines: list[dict[str, Any]] = []
        self.agents: dict[str, list[dict[str, Any]]] = {}
        self.calls: list[Call] = []
        self.costs = chance.random() < 0.2  # as the first versions did
        self.nested = chance.random() < 0.5  # sub-agents' files in a folder of the session

    def copy(self) -> _Session:
        """Resumed (the lines bear the new session's id) or branched (they say where they come from)."""
        made = _Session(self.chance)
        branched = self.chance.random() < 0.5
        for line in self.lines[: self.chance.randrange(1, len(self.lines) + 1)] if self.lines else ():
            copied = line | {"sessionId": made.id}
            if branched and "uuid" in line:
                origin = line.get("forkedFrom", {}).get("sessionId") or line["sessionId"]
                copied["forkedFrom"] = {"sessionId": self.id, "messageUuid": line["uuid"]}
                if line["type"] == "assistant":
                    copied["requestSessionId"] = line.get("requestSessionId", origin)
            made.lines.append(copied)
        made.time = max(made.time, self.time)
        return made

    def turn(self) -> None:
        kind = self.chance.random()
        if kind < 0.55:
            self.answer(self.lines, {"isSidechain": False})
        elif kind < 0.7:
            self.sub_agent()
        elif kind < 0.78:
            self.replay()
        elif kind < 0.86:
            self.synthetic()
        else:
            self.other()

    def line(self, type: str, **more: Any) -> dict[str, Any]:
        self.time += timedelta(milliseconds=self.chance.randrange(1, 60_000))
        return {
            "parentUuid": None,
            "type": type,
            "sessionId": self.id,
            "uuid": str(uuid.UUID(int=self.chance.getrandbits(128))),
            "timestamp": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        } | more

    def answer(self, lines: list[dict[str, Any]], more: dict[str, Any]) -> list[dict[str, Any]]:
        chance = self.chance
        model = chance.choice(_MODELS)
        hosted = "claude" in model
        input, read, output = chance.randrange(1, 5000), chance.randrange(90_000), chance.randrange(9, 4000)
        short, long = chance.randrange(3000), chance.choice((0, chance.randrange(3000)))
        style = chance.choice(("flat", "both", "parts"))
        thinking = chance.choice((None, chance.randrange(output)))
        usage: dict[str, Any] = {"input_tokens": input, "cache_read_input_tokens": read, "output_tokens": output}
        if style != "parts":
            usage["cache_creation_input_tokens"] = short + long
        elif chance.random() < 0.5:
            usage["cache_creation_input_tokens"] = 0
        if style != "flat":
            usage["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
        if thinking is not None:
            usage["output_tokens_details"] = {"thinking_tokens": thinking}
        if chance.random() < 0.5:
            more_usage = {"server_tool_use": {"web_search_requests": 3}, "service_tier": "standard", "speed": None}
            usage |= more_usage | {"iterations": [usage | {"type": "message"}], "inference_geo": "us"}
        if chance.random() < 0.1:
            usage["tomorrows_tokens"] = 12
        request = f"req_{chance.getrandbits(64):x}" if hosted else None
        message = {"id": f"msg_{chance.getrandbits(96):x}", "type": "message", "role": "assistant", "model": model}
        made = []
        for _ in range(chance.randrange(3)):
            early = usage | {"output_tokens": chance.randrange(9)}
            early.pop("output_tokens_details", None)
            if not hosted:
                early |= {"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0}
                early |= {"cache_creation_input_tokens": 0, "cache_creation": None}
            made.append(self.line("assistant", message=message | {"usage": early, "content": [_text()]}, **more))
        made.append(self.line("assistant", message=message | {"usage": usage, "content": [_text()]}, **more))
        if chance.random() < 0.2:
            made.append(self.line("assistant", message=made[-1]["message"], **more))
        for each in made:
            if request is not None:
                each["requestId"] = request
            if self.costs:
                each |= {"costUSD": 0.5, "durationMs": 1200}
        lines += made
        at = datetime.fromisoformat(made[0]["timestamp"])
        self.calls.append(Call(model, self.id, at, input, read, short + long, output, thinking))
        return made

    def sub_agent(self) -> None:
        """Its calls stand in a file of its own, or among its parent's; the parent tells of progress, and the sum."""
        agent = f"{self.chance.getrandbits(32):08x}"
        more = {"isSidechain": True, "agentId": agent}
        own = self.lines if self.chance.random() < 0.3 else self.agents.setdefault(agent, [])
        total = 0
        for _ in range(self.chance.randrange(1, 4)):
            made = self.answer(own, more)
            total += made[-1]["message"]["usage"]["output_tokens"]
            if self.chance.random() < 0.5:
                told = {"type": "agent_progress", "agentId": agent, "prompt": "", "message": made[0]}
                self.lines.append(self.line("progress", data=told, toolUseID="toolu_1"))
        result = {"usage": {"input_tokens": 5, "output_tokens": total}, "totalTokens": total, "agentId": agent}
        content = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}]
        self.lines.append(self.line("user", message={"role": "user", "content": content}, toolUseResult=result))

    def replay(self) -> None:
        """The same answers once more, with other ids of requests and lines, at a later time."""
        answers = [line for line in self.lines if line["type"] == "assistant"]
        for line in answers[-self.chance.randrange(1, 4) :]:
            again = self.line("assistant")
            self.lines.append(line | {name: again[name] for name in ("uuid", "timestamp")} | {"requestId": "req_again"})

    def synthetic(self) -> None:
        none = {"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
        message = {"id": str(uuid.UUID(int=self.chance.getrandbits(128))), "model": "<synthetic>", "role": "assistant"}
        self.lines.append(self.line("assistant", message=message | {"usage": none}, isApiErrorMessage=True))

    def other(self) -> None:
        quoted = json.dumps({"type": "assistant", "message": {"id": "msg_q", "usage": {"input_tokens": 9}}})
        self.lines.append(self.line("user", message={"role": "user", "content": quoted}))
        self.lines.append({"type": "summary", "summary": 'of "usage"', "leafUuid": "x"})
        self.lines.append({"type": "cost-state", "sessionId": self.id, "modelUsage": {"m": {"inputTokens": 9}}})
        compact = {"trigger": "auto", "preTokens": 155_000}
        self.lines.append(self.line("system", subtype="compact_boundary", compactMetadata=compact))

    def save(self, project: Path) -> None:
        _save(project / f"{self.id}.jsonl", self.lines, self.chance)
        folder = project / self.id / "subagents" if self.nested else project
        for agent, lines in self.agents.items():
            _save(folder / f"agent-{agent}.jsonl", lines, self.chance)


def _save(path: Path, lines: list[dict[str, Any]], chance: random.Random) -> None:
    separators = (", ", ": ") if chance.random() < 0.2 else (",", ":")
    end = chance.choice((b"\n", b"\n", b"\r\n"))
    content = b"".join(json.dumps(line, separators=separators).encode() + end for line in lines)
    if chance.random() < 0.2:
        content = b"\xef\xbb\xbf" + content
    if chance.random() < 0.2:
        content += b"\x00" * 40 + end
    if chance.random() < 0.2:
        content += b'{"parentUuid":null,"type":"assistant","message":{"id":"msg_h","usage":{"input_tokens":5,"outp'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _text() -> dict[str, str]:
    return {"type": "text", "text": 'a word \\ "usage": é'}
