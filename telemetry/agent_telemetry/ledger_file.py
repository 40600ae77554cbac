"""The ledger's file: private, in WAL mode, with the schema of today."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from agent_telemetry.local_days import follow_zone
from agent_telemetry.migrations import migrate


def open_ledger(path: Path, *, timeout: float = 2.0) -> sqlite3.Connection:
    """A connection that writes, to be used by one thread at a time; makes what is missing. It waits at most `timeout`
    seconds for another writer. Raises `sqlite3.Error`, `OSError` and `NewerLedger`."""
    _create_private(path)
    conn = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = NORMAL")
        migrate(conn)
        follow_zone(conn)
        conn.execute("BEGIN IMMEDIATE")  # fails where the file is read-only
        conn.execute("ROLLBACK")
    except BaseException:
        conn.close()
        raise
    return conn


def _create_private(path: Path) -> None:
    """Make the file with mode 0600 where there is none, and take a looser mode away where there is one.

    SQLite gives its `-wal` and `-shm` the file's mode. An existing file is not opened here: closing it would
    drop the locks that this process holds on it through SQLite.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not os.access(path, os.W_OK):  # SQLite would open it, and leave a -shm that stays read-only
            raise PermissionError(errno.EACCES, "readonly file") from None
        if os.name == "posix":
            for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                with contextlib.suppress(OSError):
                    if file.stat().st_mode & 0o777 != 0o600:
                        file.chmod(0o600)


def identity(path: Path) -> tuple[int, int] | None:
    """By which a file is told from another one that has taken its place."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def reason(fault: Exception) -> str:
    """What is wrong, and what to do about it."""
    said = fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
    for sign, remedy in (
        ("is full", "Free some space; what waits is then written."),
        ("o space left", "Free some space; what waits is then written."),
        ("readonly", "Make the file and its folder writable."),
        ("unable to open", "Make the file and its folder writable."),
        ("ermission", "Make the file and its folder writable."),
        ("locked", "Another program holds it; what waits is written when it lets go."),
        ("not a database", "Move the file away; a new one is then begun."),
        ("malformed", "Move the file away; a new one is then begun."),
    ):
        if sign in said:
            return f"{said}. {remedy}"
    return f"{said}." if isinstance(fault, sqlite3.Error | OSError) else f"{type(fault).__name__}: {said}."
