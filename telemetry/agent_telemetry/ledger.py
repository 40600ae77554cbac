"""The ledger: every model call as a row of a local SQLite database, and what was learnt from it, written off the hot
path."""

from __future__ import annotations

import atexit
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from agent_telemetry.ledger_file import identity, open_ledger, reason
from agent_telemetry.ledger_rows import Row, statements
from agent_telemetry.migrations import NewerLedger
from agent_telemetry.sums import MANY, summed_together
from agent_telemetry.usage_record import UsageRecord

KEPT_ROWS = 10_000  # while the database cannot be written
BATCH_ROWS = 100  # a transaction; without a bound the event loop's p99 becomes 40 to 60 ms
LINGER_S = 0.02  # rows that arrive within it share a transaction
LOOKS = 50  # for rows, before the writer sleeps until it is woken
RETRY_S = (0.1, 5.0)  # the first and the longest wait after a failure

# A row that SQLite cannot take, in contrast to a database that cannot be written.
_ROW_FAULTS = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    AttributeError,
    OverflowError,
    TypeError,
    ValueError,
)
_log = logging.getLogger(__name__)


class Ledger:
    """Writes rows to the SQLite database at `path`, in batches, on a thread of its own.

    A row is committed within about 50 ms of `record`, so that `kill -9` loses at most the last 100 ms; after
    a power cut the last seconds may be missing (WAL, `synchronous=NORMAL`), and the file stays whole. Several
    processes may write the same file. The file has mode 0600 and its folder, where created here, 0700.

    Nothing here raises into the caller. While the database cannot be opened or written, rows wait (10,000 at
    most, then the oldest are counted in `lost`), `last_error` is a sentence that says why, and writing is
    tried again, with back-off, until it works.

    `enrich` turns a row into the row that is written (adds its price, say); `on_batch` is shown each batch of
    rows once, also when it cannot be written. Both run on the writer's thread; where they raise, the rows are
    written all the same.
    """

    def __init__(
        self,
        path: Path,
        *,
        enrich: Callable[[UsageRecord], UsageRecord] | None = None,
        on_batch: Callable[[Sequence[UsageRecord]], None] | None = None,
    ) -> None:
        self.path = path
        self._enrich = enrich
        self._on_batch = on_batch
        self._rows: deque[Row] = deque()
        self._waiting: deque[Row] = deque()  # enriched, and not yet committed
        self._enriching = 0  # 1 while a row is in neither queue
        self._asleep = False  # the writer waits for _wake
        self._wake = threading.Event()
        self._hurry = threading.Event()  # cuts the writer's lingering and its wait after a failure
        self._progress = threading.Condition()  # a batch was tried
        self._closed = False
        self._conn: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # device and inode of the file that is open
        self._error: str | None = None
        self._taken = 0  # calls, as the three below
        self._written = 0
        self._shed = 0  # lost in record(): counted apart, as += is not atomic between threads
        self._dropped = 0  # lost on the writer's thread
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def written(self) -> int:
        """Calls committed since the start."""
        return self._written

    @property
    def lost(self) -> int:
        """Calls given up since the start."""
        return self._shed + self._dropped

    @property
    def pending(self) -> int:
        """Calls that wait to be written."""
        return max(self._taken - self._written - self.lost, 0)

    @property
    def healthy(self) -> bool:
        """Whether the last attempt to open or write the database worked."""
        return self._error is None

    @property
    def last_error(self) -> str | None:
        """Why the database cannot be written, as a sentence; None while `healthy`."""
        return self._error

    def record(self, row: Row) -> None:
        """Take a row: about a microsecond, never blocks, never raises. For one thread: the event loop's."""
        self._taken += type(row) is UsageRecord
        self._rows.append(row)
        if self._asleep:
            self._rouse()
        if len(self._rows) > KEPT_ROWS:
            self._drop_oldest()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait at most `timeout` seconds until nothing is pending; whether that came true. Blocks."""
        deadline = time.monotonic() + timeout
        with self._progress:
            while self._queued:
                self._hurry.set()  # for each batch, the last of which would else wait for more
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._progress.wait(min(left, 0.05))
        return True

    def close(self, timeout: float = 5.0) -> None:
        """Write what is pending, for at most `timeout` seconds, and close; the rest counts as lost. Blocks."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        self._hurry.set()
        self._wake.set()
        self._thread.join(timeout)
        self._asleep = True  # from now on record() goes through _rouse()
        left = self.pending
        self._rows.clear()
        self._waiting.clear()
        if left:
            self._shed += left
            _log.error("The ledger closes without %d rows. %s", left, self._error or "The time ran out.")

    def _rouse(self) -> None:
        if self._closed and not self._thread.is_alive():
            self._rows.clear()
            self._shed += self.pending
            return
        self._asleep = False
        self._wake.set()

    def _drop_oldest(self) -> None:
        try:
            dropped = self._rows.popleft()
        except IndexError:  # the writer took them just now
            return
        self._shed += type(dropped) is UsageRecord

    @property
    def _queued(self) -> int:
        return len(self._rows) + self._enriching + len(self._waiting)

    # Below: the writer's thread.

    def _run(self) -> None:
        self._attempt()  # opens the database, so that a fault is known before the first row
        delay = RETRY_S[0]
        while self._sleep():
            if self._attempt():
                delay = RETRY_S[0]
            elif self._closed:
                break
            else:
                self._pause(delay)
                delay = min(2 * delay, RETRY_S[1])
        self._disconnect()

    def _sleep(self) -> bool:
        """Wait for a row, and a little for more to share its transaction. False: closed, and nothing is left."""
        if self._queued < BATCH_ROWS:
            self._pause(LINGER_S)
        looks = 0
        while not self._queued and not self._closed:
            # Waking a thread costs the caller some 40 µs, looking every 20 ms costs it nothing.
            if looks < LOOKS:
                self._pause(LINGER_S)
                looks += 1
            else:
                self._sleep_deeply()
        return self._queued > 0

    def _sleep_deeply(self) -> None:
        self._wake.clear()
        self._asleep = True
        if not self._queued and not self._closed:
            self._wake.wait()
        self._asleep = False
        self._pause(LINGER_S)

    def _pause(self, seconds: float) -> None:
        if not self._closed:
            self._hurry.wait(seconds)
            self._hurry.clear()

    def _attempt(self) -> bool:
        """Write a batch, if there is one; whether the database is well."""
        self._take(BATCH_ROWS)
        try:
            self._connect()
            if self._waiting:
                self._commit(list(islice(self._waiting, BATCH_ROWS)))
            error = None
        except NewerLedger as newer:
            error = str(newer)
        except Exception as fault:  # whatever it is: this thread lives on
            error = f"The ledger {self.path} cannot be written: {reason(fault)}"
        if error is not None:
            self._disconnect()
            self._take(KEPT_ROWS)  # so that on_batch sees them, whatever becomes of them
            while len(self._waiting) > KEPT_ROWS:
                self._dropped += type(self._waiting.popleft()) is UsageRecord
        if error is not None and self._error is None:
            _log.error("%s Calls are answered all the same.", error)
        elif error is None and self._error is not None:
            _log.warning("The ledger can be written again; %d rows were lost.", self.lost)
        self._error = error
        with self._progress:
            self._progress.notify_all()
        return error is None

    def _take(self, most: int) -> None:
        """Move rows from the event loop's end to the writer's, enriched."""
        rows: list[UsageRecord] = []
        for _ in range(min(most, len(self._rows))):
            try:
                row = self._rows.popleft()
            except IndexError:  # record() dropped it just now
                break
            self._enriching = 1
            if isinstance(row, UsageRecord):
                if self._enrich is not None:
                    try:
                        row = self._enrich(row)
                    except Exception:
                        _log.exception("A row of the ledger could not be enriched.")
                rows.append(row)
            self._waiting.append(row)
            self._enriching = 0
        if rows and self._on_batch is not None:
            try:
                self._on_batch(rows)
            except Exception:
                _log.exception("on_batch failed.")

    def _commit(self, batch: list[Row]) -> None:
        conn = self._conn
        assert conn is not None
        conn.execute("BEGIN IMMEDIATE")
        lost = 0
        try:
            try:
                with summed_together(conn) if len(batch) >= MANY else nullcontext():
                    _insert(conn, batch)
            except _ROW_FAULTS:
                conn.execute("ROLLBACK")
                conn.execute("BEGIN IMMEDIATE")
                lost = _insert_one_by_one(conn, batch)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
        for _ in batch:
            self._waiting.popleft()
        self._dropped += lost
        self._written += sum(type(row) is UsageRecord for row in batch) - lost

    def _connect(self) -> None:
        """Open the database where it is not open, or where the open file is no longer the one at `path`."""
        if self._conn is not None:
            if self._file == identity(self.path):
                return
            self._disconnect()
        self._conn = open_ledger(self.path)
        self._file = identity(self.path)

    def _disconnect(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            try:
                conn.close()
            except sqlite3.Error:
                _log.debug("closing the ledger", exc_info=True)


def _insert(conn: sqlite3.Connection, batch: list[Row]) -> None:
    grouped: dict[str, list[tuple[Any, ...]]] = {}
    for row in batch:
        for sql, found in statements(row):
            grouped.setdefault(sql, []).extend(found)
    for sql, found in grouped.items():
        conn.executemany(sql, found)


def _insert_one_by_one(conn: sqlite3.Connection, batch: list[Row]) -> int:
    """Insert what SQLite takes of a batch that it refused; how many rows it did not take.

    Lone surrogates in a name that a caller sent become question marks.
    """
    lost = 0
    for row in batch:
        try:
            for sql, found in statements(row):
                conn.executemany(sql, [_clean(each) for each in found])
        except _ROW_FAULTS as fault:
            lost += type(row) is UsageRecord
            _log.error("The ledger cannot keep a row: %s", fault)
    return lost


def _clean(found: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.encode("utf-8", "replace").decode("utf-8") if isinstance(each, str) else each for each in found)
