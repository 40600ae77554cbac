"""A home with a year of logs, for the speed of an import: as many bytes, files and calls as a busy user has."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

_BEGIN: Final = datetime(2025, 9, 1, tzinfo=UTC)
_MODELS: Final = (
    *("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"),
    *("glm-4.6", "qwen3-coder:30b", "kimi-k2-0905-preview", "deepseek-v3.1"),
)
_WORDS: Final = (
    *("the", "of", "and", "to", "in", "is", "that", "for", "it", "was", "with", "be", "this", "have", "from", "they"),
    *("def", "return", "import", "self", "None", "<div>", "{}", "=>", "function", "const", "usage", "error", "test"),
)
_MEGABYTE: Final = 1_000_000

Write = Callable[[Path, random.Random, str, int], int]
"""Writes some files of one agent, about so many bytes in each: folder, chance, text to cut from, bytes; the calls."""


def write(folder: Path, megabytes: int = 160, files: int = 2700, seed: int = 1) -> int:
    """Fills a home folder; the number of calls that its logs tell of."""
    chance = random.Random(seed)
    text = json.dumps(" ".join(chance.choices(_WORDS, k=100_000)))[1:-1].replace("\\", "/")
    writers: tuple[Write, ...] = (claude,)
    calls = 0
    for number in range(files):
        size = int(chance.lognormvariate(0, 0.9) / 1.65 * megabytes * _MEGABYTE / files)
        calls += writers[number % len(writers)](folder, chance, text, size)
    return calls


def claude(folder: Path, chance: random.Random, text: str, size: int) -> int:
    """A session of Claude Code, or one of its sub-agents."""
    session, agent = _uuid(chance), chance.random() < 0.4
    time = _BEGIN + timedelta(seconds=chance.randrange(300 * 86_400))
    project = folder / ".claude" / "projects" / f"-home-user-project-{chance.randrange(40)}"
    if agent:
        path = project / session / "subagents" / f"agent-{chance.randrange(1 << 60):x}.jsonl"
    else:
        path = project / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    common = {
        "isSidechain": agent,
        "userType": "external",
        "cwd": f"/home/user/{project.name}",
        "sessionId": session,
        "version": "2.1.30",
        "gitBranch": "main",
    }
    model = chance.choice(_MODELS[:3] if chance.random() < 0.8 else _MODELS)
    lines: list[str] = []
    written = calls = 0
    parent: str | None = None

    def add(line: dict[str, Any]) -> None:
        nonlocal written
        lines.append(json.dumps(line, separators=(",", ":")))
        written += len(lines[-1]) + 1

    def entry(type: str, more: dict[str, Any]) -> None:
        nonlocal parent, time
        time += timedelta(milliseconds=chance.randrange(200, 20_000))
        own = _uuid(chance)
        at = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        add({"parentUuid": parent} | common | {"type": type} | more | {"uuid": own, "timestamp": at})
        parent = own

    def some(least: int, most: int) -> str:
        begin = chance.randrange(len(text) - most)
        return text[begin : begin + chance.randrange(least, most)]

    entry("user", {"message": {"role": "user", "content": some(50, 2000)}})
    cached = chance.randrange(10_000, 20_000)
    while written < size:
        calls += 1
        message_id, request = (
            f"msg_01{chance.randrange(1 << 100):022x}"[:28],
            f"req_011{chance.randrange(1 << 80):020x}",
        )
        fresh, output = chance.randrange(1, 400), chance.randrange(20, 3000)
        grown = chance.randrange(100, 4000)
        blocks: list[dict[str, Any]] = []
        if chance.random() < 0.3:
            blocks.append({"type": "thinking", "thinking": some(50, 600), "signature": some(200, 500)})
        if chance.random() < 0.4:
            blocks.append({"type": "text", "text": some(20, 400)})
        tool = f"toolu_01{chance.randrange(1 << 90):024x}"[:30]
        blocks.append({"type": "tool_use", "id": tool, "name": "Bash", "input": {"command": some(20, 300)}})
        for number, block in enumerate(blocks):
            last = number == len(blocks) - 1
            usage = {
                "input_tokens": fresh,
                "cache_creation_input_tokens": grown,
                "cache_read_input_tokens": cached,
                "cache_creation": {"ephemeral_5m_input_tokens": grown, "ephemeral_1h_input_tokens": 0},
                "output_tokens": output if last else chance.randrange(1, 9),
                "service_tier": "standard",
                "inference_geo": "not_available",
            }
            message = {
                "model": model,
                "id": message_id,
                "type": "message",
                "role": "assistant",
                "content": [block],
                "stop_reason": "tool_use" if last else None,
                "stop_sequence": None,
                "usage": usage,
            }
            entry("assistant", {"message": message, "requestId": request})
        cached += grown
        if not agent and chance.random() < 0.1:
            progress = {"type": "bash_progress", "output": some(10, 300), "elapsedTimeSeconds": 3}
            entry("progress", {"data": progress, "toolUseID": tool})
        long = chance.random() < 0.05
        result = some(1000, 20_000) if long else some(20, 500)
        content = [{"tool_use_id": tool, "type": "tool_result", "content": result, "is_error": False}]
        told = {"stdout": result if chance.random() < 0.3 else "", "stderr": "", "interrupted": False, "isImage": False}
        entry("user", {"message": {"role": "user", "content": content}, "toolUseResult": told})
        if chance.random() < 0.05:
            snapshot = {"messageId": _uuid(chance), "trackedFileBackups": {}, "timestamp": time.isoformat()}
            add({"type": "file-history-snapshot", "messageId": snapshot["messageId"], "snapshot": snapshot})
    path.write_text("\n".join(lines) + "\n")
    return calls


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
