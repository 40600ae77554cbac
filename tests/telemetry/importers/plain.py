"""An importer for tests: a line is JSON with a row's fields; `time` is seconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.usage_record import UsageRecord


class Plain:
    """`read_names` are the names of the logs that were opened."""

    def __init__(self, name: str = "plain") -> None:
        self.name = name
        self.title = name.capitalize()
        self.read_names: list[str] = []

    def folders(self, home: Home) -> Iterable[Path]:
        return [home.folder / self.name]

    def logs(self, home: Home) -> Iterable[str]:
        return files(home.folder / self.name, ".jsonl", ".db")

    def read(self, log: Log) -> Iterator[UsageRecord]:
        self.read_names.append(log.name)
        for line in log.lines():
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
            except ValueError:
                log.damaged()
                continue
            if fields.get("raise"):
                raise RuntimeError("no")
            if fields.get("skip"):
                log.skipped("told so")
                continue
            log.state["lines"] = log.state.get("lines", 0) + 1
            fields["time"] = datetime.fromtimestamp(fields["time"], UTC)
            yield UsageRecord(**({"source": self.name, "agent": self.name} | fields))


def line(key: str, time: float = 1_790_000_000, **fields: Any) -> bytes:
    """A call with 10 tokens in and 5 out, unless said otherwise."""
    given = {"key": key, "time": time, "model": "gpt-5.4", "session": "s", "input": 10, "output": 5} | fields
    return json.dumps(given).encode() + b"\n"


def write(home: Path, name: str, *lines: bytes, importer: str = "plain") -> Path:
    """A log of these lines; it is made, or written anew."""
    path = home / importer / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    return path


def append(path: Path, *lines: bytes) -> None:
    """More lines at a log's end."""
    with path.open("ab") as file:
        file.write(b"".join(lines))
