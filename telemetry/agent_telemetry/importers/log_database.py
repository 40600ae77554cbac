"""Another program's SQLite database, read without a trace."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, whether or not the program runs. Raises `sqlite3.Error` and `OSError`.

    SQLite makes files beside a database in WAL mode even to read it, unless the program that writes it has made
    them already. So: where there is a log and its index, as beside a running program, those are used; a log without
    its index, which a crash leaves, is read with a copy of the database in a temporary folder; and a database
    without a log is declared immutable, which it is as long as nobody opens it.
    """
    log = path + "-wal"
    if os.path.exists(log) and os.path.getsize(log):
        if os.path.exists(path + "-shm"):
            with closing(_open(path, "mode=ro")) as conn:
                yield conn
            return
        with tempfile.TemporaryDirectory(prefix="agent-router-") as folder:
            for each in (path, log):
                shutil.copyfile(each, os.path.join(folder, "copy.db" + each[len(path) :]))
            with closing(_open(os.path.join(folder, "copy.db"), "mode=rw")) as conn:
                yield conn
        return
    with closing(_open(path, "mode=ro&immutable=1")) as conn:
        yield conn


def _open(path: str, how: str) -> sqlite3.Connection:
    conn = sqlite3.connect(f"{Path(path).absolute().as_uri()}?{how}", uri=True, timeout=2.0, isolation_level=None)
    try:
        conn.execute("PRAGMA query_only = ON")
        conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        conn.close()
        raise
    return conn
