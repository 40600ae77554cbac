"""A log of pi, for what is done with any agent's."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any


def write(home: Path, session: str, *entries: dict[str, Any]) -> Path:
    """A session's file; its entries are made by `call`."""
    path = home / ".pi" / "agent" / "sessions" / "--work--" / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"type": "session", "version": 3, "id": session, "timestamp": "2026-11-20T08:00:00.000Z", "cwd": "/secret"}
    path.write_text("".join(json.dumps(each) + "\n" for each in (header, *entries)))
    return path


def call(
    id: str, when: datetime, *, model: str = "claude-opus-4-5", provider: str = "anthropic", output: int = 5
) -> dict[str, Any]:
    """An answer with 10 fresh tokens in, 100 from the cache and 3 into it."""
    usage = {"input": 10, "output": output, "cacheRead": 100, "cacheWrite": 3, "totalTokens": 113 + output}
    message = {"role": "assistant", "content": [{"type": "text", "text": "a secret"}], "api": "x", "provider": provider}
    message |= {"model": model, "usage": usage, "stopReason": "stop", "timestamp": round(when.timestamp() * 1000)}
    return {"type": "message", "id": id, "parentId": None, "timestamp": when.isoformat(), "message": message}
