"""The ledger on real files: what is kept when the process, the disk or the file goes away."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent_telemetry import ledger as ledger_module
from agent_telemetry.ledger import KEPT_ROWS, Ledger
from agent_telemetry.usage_record import UsageRecord

WHEN = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions, limits and signals")


def row(key: str, **fields: object) -> UsageRecord:
    values: dict[str, object] = {
        "source": "proxy",
        "key": key,
        "time": WHEN,
        "model": "m",
        "input": 1,
        "output": 2,
    }
    return msgspec.convert(values | fields, UsageRecord)


def select(path: Path, sql: str = "SELECT key FROM calls ORDER BY id") -> list[tuple[object, ...]]:
    conn = sqlite3.connect(path, timeout=10)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.005)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    ledger = Ledger(path)
    yield ledger
    ledger.close()


def test_every_field_is_kept(ledger: Ledger, path: Path) -> None:
    full = UsageRecord(
        source="proxy",
        key="k",
        time=WHEN,
        agent="codex",
        session="s",
        family="f",
        requested_model="auto",
        model="m",
        provider="p",
        place="lan",
        route="local",
        reason="r",
        propensity=0.5,
        wire="chat",
        stream=True,
        status="cut",
        http_status=200,
        error="e",
        attempts=2,
        input=1,
        cache_read=2,
        cache_write=3,
        cache_write_1h=1,
        response_id="msg_1",
        duplicate="otlp",
        output=4,
        reasoning=5,
        billed=6,
        equivalent=7,
        avoided=8,
        price_source="g",
        price_version="1",
        first_byte_ms=1.5,
        latency_ms=2.5,
    )
    ledger.record(full)
    assert ledger.flush()
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    (kept,) = conn.execute("SELECT * FROM calls").fetchall()
    conn.close()
    expected = msgspec.structs.asdict(full) | {
        "time": round(WHEN.timestamp() * 1000),
        "stream": 1,
        "id": 1,
        "origin": None,
    }
    assert dict(kept) == expected


def test_rows_are_committed_without_a_flush(ledger: Ledger, path: Path) -> None:
    ledger.record(row("a"))
    wait_until(lambda: ledger.written == 1)
    ledger.record(row("b"))  # the writer sleeps again by now, or soon
    wait_until(lambda: ledger.written == 2)
    assert select(path) == [("a",), ("b",)]
    assert (ledger.pending, ledger.lost, ledger.healthy, ledger.last_error) == (0, 0, True, None)


def test_the_same_key_again_replaces_the_row_unless_it_has_less_output(ledger: Ledger, path: Path) -> None:
    for output in (None, 5, 9, 7):
        ledger.record(row("a", output=output, status="ok" if output else "error"))
        ledger.record(row("a", source="claude-code", output=1))
    assert ledger.flush()
    assert select(path, "SELECT source, output, status FROM calls ORDER BY id") == [
        ("proxy", 9, "ok"),
        ("claude-code", 1, "ok"),
    ]


def test_a_transaction_holds_at_most_a_hundred_rows(path: Path) -> None:
    sizes: list[int] = []

    def note(rows: Sequence[UsageRecord]) -> None:
        sizes.append(len(rows))

    ledger = Ledger(path, on_batch=note)
    for i in range(1234):
        ledger.record(row(str(i)))
    ledger.close()
    assert sum(sizes) == len(select(path)) == 1234
    assert max(sizes) <= 100


def test_enrich_changes_the_row_and_may_fail(path: Path) -> None:
    def enrich(record: UsageRecord) -> UsageRecord:
        if record.key == "bad":
            raise RuntimeError("no price")
        return msgspec.structs.replace(record, billed=12)

    def broken(rows: Sequence[UsageRecord]) -> None:
        raise RuntimeError("no metrics")

    ledger = Ledger(path, enrich=enrich, on_batch=broken)
    ledger.record(row("bad"))
    ledger.record(row("good"))
    ledger.close()
    assert select(path, "SELECT key, billed FROM calls ORDER BY id") == [("bad", None), ("good", 12)]
    assert ledger.healthy


def test_close_writes_everything_and_later_rows_count_as_lost(path: Path) -> None:
    ledger = Ledger(path)
    for i in range(3000):
        ledger.record(row(str(i)))
    ledger.close()
    ledger.close()
    assert len(select(path)) == ledger.written == 3000
    ledger.record(row("late"))
    assert (ledger.lost, ledger.pending) == (1, 0)
    assert not Path(f"{path}-wal").exists()  # checkpointed: one file that can be copied


def test_a_row_that_sqlite_cannot_take_costs_only_itself(ledger: Ledger, path: Path) -> None:
    ledger.record(row("a"))
    ledger.record(row("huge", input=2**70))
    ledger.record(row("surrogate", requested_model="m\ud800\x00<script>"))
    ledger.record(row("long", requested_model="x" * 1_000_000))
    ledger.record(row("b"))
    assert ledger.flush()
    assert [key for (key,) in select(path)] == ["a", "surrogate", "long", "b"]
    assert (ledger.written, ledger.lost, ledger.healthy) == (4, 1, True)
    ((name,),) = select(path, "SELECT requested_model FROM calls WHERE key = 'surrogate'")
    assert name == "m?\x00<script>"
    assert select(path, "SELECT length(requested_model) FROM calls WHERE key = 'long'") == [(300,)]


@posix
def test_file_and_folder_are_private(path: Path) -> None:
    before = os.umask(0)
    try:
        ledger = Ledger(path)
        ledger.record(row("a"))
        assert ledger.flush()
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()}
        assert modes == {"ledger.db": "0o600", "ledger.db-wal": "0o600", "ledger.db-shm": "0o600"}
        assert path.parent.stat().st_mode & 0o777 == 0o700
        ledger.close()
        path.chmod(0o644)
        Ledger(path).close()
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


@posix
def test_kill_9_loses_at_most_the_last_100_ms(path: Path) -> None:
    script = """
        import sys, time
        from datetime import UTC, datetime
        from pathlib import Path
        from agent_telemetry.ledger import Ledger
        from agent_telemetry.usage_record import UsageRecord
        ledger = Ledger(Path(sys.argv[1]))
        ledger.flush()
        i = 0
        while True:
            ledger.record(UsageRecord(source="proxy", key=str(i), time=datetime.now(UTC)))
            print(i, time.time(), flush=True)
            i += 1
            time.sleep(0.0002)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    recorded = []
    for line in process.stdout:
        index, when = line.split()
        recorded.append((index, float(when)))
        if len(recorded) == 2000:
            killed = time.time()
            process.send_signal(signal.SIGKILL)
            break
    for line in process.stdout:  # what was still in the pipe
        index, _, when = line.strip().partition(" ")
        if when:
            recorded.append((index, float(when)))
    process.stdout.close()
    process.wait()
    kept = {key for (key,) in select(path)}
    owed = {index for index, when in recorded if when < killed - 0.1}
    assert len(owed) > 500
    assert owed <= kept


@posix
def test_sigterm_and_exit_write_what_is_pending(path: Path) -> None:
    """Also where nobody calls close(): a normal exit of the interpreter, here through SIGTERM's handler."""
    script = """
        import signal, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from agent_telemetry.ledger import Ledger
        from agent_telemetry.usage_record import UsageRecord
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        ledger = Ledger(Path(sys.argv[1]))
        for i in range(5000):
            ledger.record(UsageRecord(source="proxy", key=str(i), time=datetime.now(UTC)))
        signal.raise_signal(signal.SIGTERM)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(path)], check=True, timeout=60)
    assert len(select(path)) == 5000


def test_a_locked_database_is_waited_for(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ledger.flush()
    wait_until(path.exists)
    wait_until(lambda: select(path, "SELECT name FROM sqlite_master WHERE name = 'sums'"))
    holder = sqlite3.connect(path, isolation_level=None, timeout=10)
    holder.execute("BEGIN IMMEDIATE")
    started = time.perf_counter()
    for i in range(300):
        ledger.record(row(str(i)))
    assert time.perf_counter() - started < 1  # recording does not wait
    wait_until(lambda: not ledger.healthy)
    assert "locked" in str(ledger.last_error)
    assert ledger.pending == 300
    holder.execute("ROLLBACK")
    holder.close()
    wait_until(lambda: ledger.written == 300)
    assert (ledger.healthy, ledger.lost) == (True, 0)


def test_a_folder_that_cannot_be_made_keeps_the_newest_rows(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    ledger = Ledger(tmp_path / "data" / "ledger.db")
    wait_until(lambda: not ledger.healthy)
    assert str(tmp_path) in str(ledger.last_error)
    for i in range(KEPT_ROWS + 500):
        ledger.record(row(str(i)))
    wait_until(lambda: ledger.lost == 500)
    assert ledger.pending == KEPT_ROWS
    (tmp_path / "data").unlink()
    ledger.flush(20)
    assert [key for (key,) in select(ledger.path)] == [str(i) for i in range(500, KEPT_ROWS + 500)]
    assert (ledger.healthy, ledger.written, ledger.lost) == (True, KEPT_ROWS, 500)
    ledger.close()


def test_rows_that_were_never_written_count_as_lost_at_close(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    ledger = Ledger(tmp_path / "data" / "ledger.db")
    for i in range(30):
        ledger.record(row(str(i)))
    ledger.close()
    assert (ledger.written, ledger.lost, ledger.pending, ledger.healthy) == (0, 30, 0, False)


def test_a_corrupt_file_is_named_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database" * 1000)
    ledger = Ledger(path)
    ledger.record(row("a"))
    wait_until(lambda: not ledger.healthy)
    assert "not a database" in str(ledger.last_error)
    assert "Move the file away" in str(ledger.last_error)
    assert path.read_bytes().startswith(b"this is not a database")
    path.rename(path.with_suffix(".broken"))
    assert ledger.flush(20)
    assert select(path) == [("a",)]
    ledger.close()


def test_a_file_that_is_damaged_later_is_named(path: Path) -> None:
    ledger = Ledger(path)
    for i in range(2000):
        ledger.record(row(str(i)))
    ledger.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    ledger = Ledger(path)
    ledger.record(row("after"))
    wait_until(lambda: not ledger.healthy)
    assert "malformed" in str(ledger.last_error)
    assert ledger.pending == 1
    ledger.close()
    assert ledger.lost == 1


@posix
def test_a_deleted_file_is_begun_again(ledger: Ledger, path: Path) -> None:
    ledger.record(row("a"))
    assert ledger.flush()
    for file in list(path.parent.iterdir()):
        file.unlink()
    path.parent.rmdir()
    ledger.record(row("b"))
    assert ledger.flush()
    assert select(path) == [("b",)]
    assert ledger.healthy


@posix
def test_a_read_only_file_and_folder_are_waited_for() -> None:
    script = """
        import os, sys, tempfile, time
        import importlib.metadata, sqlite_utils  # while it may still be read
        from datetime import UTC, datetime
        from pathlib import Path
        from agent_telemetry.ledger import Ledger
        from agent_telemetry.usage_record import UsageRecord
        def until(true):
            deadline = time.monotonic() + 20
            while not true():
                assert time.monotonic() < deadline
                time.sleep(0.005)
        if os.geteuid() == 0:  # root may write everything
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        folder = tempfile.TemporaryDirectory()
        path = Path(folder.name, "data", "ledger.db")
        record = lambda key: UsageRecord(source="proxy", key=key, time=datetime.now(UTC))
        ledger = Ledger(path)
        ledger.record(record("a"))
        ledger.close()
        assert ledger.written == 1, ledger.last_error
        for target in (path, path.parent):
            mode = target.stat().st_mode
            target.chmod(mode & 0o500)
            ledger = Ledger(path)
            ledger.record(record(str(target)))
            until(lambda: not ledger.healthy)
            assert "Make the file and its folder writable" in ledger.last_error, ledger.last_error
            target.chmod(mode)
            assert ledger.flush(20), ledger.last_error
            assert ledger.healthy
            ledger.close()
            assert (ledger.written, ledger.lost) == (1, 0)
        folder.cleanup()
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd="/", capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr


@posix
def test_a_full_disk_is_waited_for(path: Path) -> None:
    """RLIMIT_FSIZE stands for the full disk: writes past it fail, until it is lifted."""
    script = """
        import resource, signal, sys, time
        from datetime import UTC, datetime
        from pathlib import Path
        from agent_telemetry.ledger import Ledger
        from agent_telemetry.usage_record import UsageRecord
        def until(true):
            deadline = time.monotonic() + 20
            while not true():
                assert time.monotonic() < deadline
                time.sleep(0.005)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        ledger = Ledger(Path(sys.argv[1]))
        for i in range(5000):
            ledger.record(UsageRecord(source="proxy", key=str(i), time=datetime.now(UTC), session="s" * 200))
        until(lambda: not ledger.healthy)
        assert ledger.pending and not ledger.lost
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert ledger.flush(20), ledger.last_error
        assert (ledger.written, ledger.lost, ledger.healthy) == (5000, 0, True)
        ledger.close()
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path)], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert len(select(path)) == 5000


def test_sqlite_full_is_a_sentence(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PRAGMA max_page_count makes SQLite itself say that the database is full."""
    ledger.record(row("a"))
    assert ledger.flush()
    real_connect = sqlite3.connect

    def small(*args: object, **kwargs: object) -> sqlite3.Connection:
        conn: sqlite3.Connection = real_connect(*args, **kwargs)  # type: ignore[call-overload]
        conn.execute("PRAGMA max_page_count = 20")
        return conn

    with monkeypatch.context() as patch:
        patch.setattr(ledger_module.sqlite3, "connect", small)
        ledger._file = None  # as if the file had been replaced: the writer opens it again
        for i in range(1000):
            ledger.record(row(f"{i}" + "k" * 200))
        wait_until(lambda: not ledger.healthy)
        assert "Free some space" in str(ledger.last_error)
    assert ledger.flush(20)
    assert (ledger.written, ledger.lost) == (1001, 0)


def test_processes_and_readers_share_the_file(path: Path) -> None:
    script = """
        import sys
        from datetime import UTC, datetime
        from pathlib import Path
        from agent_telemetry.ledger import Ledger
        from agent_telemetry.usage_record import UsageRecord
        ledger = Ledger(Path(sys.argv[1]))
        for i in range(4000):
            ledger.record(UsageRecord(source="proxy", key=sys.argv[2] + str(i), time=datetime.now(UTC), output=1))
        ledger.close(60)
        assert (ledger.written, ledger.lost) == (4000, 0), ledger.last_error
    """
    writers = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), str(path), name]) for name in ("a", "b", "c")
    ]
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            if path.exists():
                try:
                    seen.append(int(str(select(path, "SELECT count(*) FROM calls")[0][0])))
                except sqlite3.OperationalError as fault:
                    assert "no such table" in str(fault)  # noqa: PT017

    reader = threading.Thread(target=read)
    reader.start()
    codes = [writer.wait(100) for writer in writers]
    done.set()
    reader.join()
    assert codes == [0, 0, 0]
    assert select(path, "SELECT count(*), (SELECT sum(answered) FROM sums) FROM calls") == [(12000, 12000)]
    assert seen == sorted(seen)


def test_a_newer_database_is_refused_with_a_sentence(path: Path) -> None:
    Ledger(path).close()
    conn = sqlite3.connect(path)
    conn.execute("INSERT INTO migrations VALUES ('m900_from_the_future', '2030-01-01')")
    conn.commit()
    conn.close()
    ledger = Ledger(path)
    ledger.record(row("a"))
    wait_until(lambda: not ledger.healthy)
    assert "m900_from_the_future" in str(ledger.last_error)
    ledger.close()
    assert select(path) == []


def test_a_fault_that_nobody_thought_of_does_not_end_the_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(conn: sqlite3.Connection) -> None:
        raise RuntimeError("surprise")

    with monkeypatch.context() as patch:
        patch.setattr("agent_telemetry.ledger_file.migrate", breaks)
        ledger = Ledger(path)
        ledger.record(row("a"))
        wait_until(lambda: not ledger.healthy)
        assert "RuntimeError: surprise" in str(ledger.last_error)
    assert ledger.flush(20)
    ledger.close()
    assert select(path) == [("a",)]


def test_a_row_after_a_long_silence_wakes_the_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "LOOKS", 0)
    ledger = Ledger(path)
    for i in range(5):
        wait_until(lambda: ledger._asleep)
        ledger.record(row(str(i)))
        wait_until(lambda i=i: ledger.written == i + 1)  # type: ignore[misc]
    ledger.close()


def test_recording_is_cheap(ledger: Ledger) -> None:
    """Wide of the 1 to 2 µs that it takes, so that a loaded machine passes; a commit a row would not."""
    record = row("a")
    ledger.flush()
    started = time.perf_counter()
    for _ in range(5000):
        ledger.record(record)
    assert (time.perf_counter() - started) / 5000 < 100e-6
