"""A receiver with a ledger of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.duplicates import drop_duplicates
from agent_telemetry.ledger import Ledger
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.otlp.answer import Answer
from agent_telemetry.otlp.receiver import Receiver
from agent_telemetry.otlp.sources.known import SOURCES
from tests.telemetry.otlp.payloads import PROTOBUF, REQUESTS

SALT = b"0" * 32


class Taker:
    """Sends requests to a receiver and reads its ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        open_ledger(path).close()
        self.ledger = Ledger(path)
        self.receiver = Receiver(self.ledger, SOURCES, SALT)

    def send(self, request: Any) -> Answer:
        """A protobuf message, as it is."""
        signal = next(name for name, kind in REQUESTS.items() if isinstance(request, kind))
        answer = self.receiver.take(signal, PROTOBUF, "", request.SerializeToString())  # type: ignore[arg-type]
        assert answer.status == 200, answer
        return answer

    def restart(self) -> None:
        """Another receiver over the same ledger."""
        self.ledger.close()
        self.ledger = Ledger(self.path)
        self.receiver = Receiver(self.ledger, SOURCES, SALT)

    def look(self) -> None:
        """Find duplicates now."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as conn:
            drop_duplicates(conn, 0, SALT)

    def rows(self, what: str = "duplicate IS NULL") -> list[dict[str, Any]]:
        """The rows that count, in the order of their times."""
        with closing(sqlite3.connect(self.path)) as conn:
            conn.row_factory = sqlite3.Row
            return [dict(row) for row in conn.execute(f"SELECT * FROM calls WHERE {what} ORDER BY time, key")]

    def tokens(self) -> tuple[int, int, int, int]:
        """Of the rows that count: input, cache read and written, output."""
        with closing(sqlite3.connect(self.path)) as conn:
            names = ("input", "cache_read", "cache_write", "output")
            sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
            found: tuple[int, int, int, int] = conn.execute(
                f"SELECT {sums} FROM calls WHERE duplicate IS NULL"
            ).fetchone()
            return found


@pytest.fixture
def taker(tmp_path: Path) -> Iterator[Taker]:
    made = Taker(tmp_path / "ledger.sqlite3")
    yield made
    made.ledger.close()
