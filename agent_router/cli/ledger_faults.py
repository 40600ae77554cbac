"""What is wrong with the ledger's file, as a sentence for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent_router.errors import ConfigError
from agent_telemetry.ledger_file import reason
from agent_telemetry.migrations import NewerLedger


@contextmanager
def read_faults(path: Path, remedy: str = "") -> Iterator[None]:
    """A ledger that cannot be read becomes a ConfigError."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigError(f"The ledger {path} cannot be read: {error}.{remedy}") from None


@contextmanager
def write_faults(path: Path) -> Iterator[None]:
    """A ledger that cannot be written becomes a ConfigError."""
    try:
        yield
    except NewerLedger as newer:  # a whole sentence, with what to do
        raise ConfigError(str(newer)) from None
    except (sqlite3.Error, OSError) as fault:
        raise ConfigError(f"The ledger {path} cannot be written: {reason(fault)}") from None
