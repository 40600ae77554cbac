"""An import on real files and a real ledger: each call once, whatever became of the logs between two imports."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_telemetry.importers import reader
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.import_run import Imported, import_logs
from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.split import split
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.plain import Plain, append, line, write


class Place:
    """A home with logs, and a ledger."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.ledger = folder / "data" / "ledger.sqlite3"
        self.importer = Plain()

    def run(self, *importers: Plain) -> Imported:
        return import_logs(self.ledger, importers or (self.importer,), Home(self.home, {}), lambda: _same)

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.ledger)) as conn:
            return conn.execute(sql).fetchall()

    def calls(self) -> list[tuple[Any, ...]]:
        return self.select("SELECT key, output, time / 1000, session FROM calls ORDER BY key")

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for (counts,) in self.select("SELECT counts FROM logs"):
            for name, number in msgspec.msgpack.decode(counts).items():
                found[name] = found.get(name, 0) + number
        return found

    def all(self) -> dict[str, Any]:
        leaf: dict[str, Any] = split(self.ledger, lambda model, provider: ("closed", "x"))["all"]
        return leaf


def _same(row: UsageRecord) -> UsageRecord:
    return row


@pytest.fixture(params=["here", "beside"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Read by this process, or by a second one."""
    monkeypatch.setattr(reader, "WORTH_A_PROCESS", 0 if request.param == "beside" else 2**60)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return Place(tmp_path)


def test_every_call_once_with_its_sums(place: Place) -> None:
    write(place.home, "a.jsonl", line("1"), line("2", output=7), line("1", output=9, time=1_790_000_005))
    write(place.home, "deep/b.jsonl", line("3", session="t"))
    done = place.run()
    assert place.calls() == [("1", 9, 1_790_000_000, "s"), ("2", 7, 1_790_000_000, "s"), ("3", 5, 1_790_000_000, "t")]
    assert (place.all()["requests"], place.all()["output"]) == (3, 21)
    assert done.written.new == {"plain": 3}
    assert done.logs == {"plain": 2}
    assert place.counts() == {"calls": 3, "repeated": 1}


def test_again_reads_and_changes_nothing(place: Place) -> None:
    write(place.home, "a.jsonl", line("1"), line("2"))
    place.run()
    before = place.select("SELECT * FROM calls"), place.select("SELECT * FROM logs"), place.ledger.stat().st_mtime_ns
    done = place.run()
    assert (done.read, done.written.new["plain"], done.written.grown["plain"]) == (0, 0, 0)
    assert (place.select("SELECT * FROM calls"), place.select("SELECT * FROM logs")) == before[:2]


def test_touched_but_the_same(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"), line("2"))
    place.run()
    os.utime(path, ns=(1, 1))
    done = place.run()
    assert (done.read, place.counts()) == (1, {"calls": 2})


def test_only_what_was_appended_is_read(place: Place) -> None:
    path = write(place.home, "a.jsonl", *(line(str(i)) for i in range(5)))
    place.run()
    append(path, line("5"), line("3", output=50))
    place.run()
    (state,) = place.select("SELECT state FROM logs")
    assert msgspec.msgpack.decode(state[0]) == {"lines": 7}
    assert place.counts() == {"calls": 6, "repeated": 1}
    assert (place.all()["requests"], place.all()["output"]) == (6, 75)


def test_a_half_written_line_waits(place: Place) -> None:
    whole = line("2")
    path = write(place.home, "a.jsonl", line("1"), whole[:20])
    place.run()
    assert [key for key, *_ in place.calls()] == ["1"]
    append(path, whole[20:], line("3"))
    place.run()
    assert [key for key, *_ in place.calls()] == ["1", "2", "3"]
    assert "damaged" not in place.counts()


def test_a_last_line_without_its_end_counts_once(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"), line("2").rstrip())
    place.run()
    assert [key for key, *_ in place.calls()] == ["1", "2"]
    append(path, b"\n", line("3"))
    place.run()
    assert place.all()["requests"] == 3
    assert place.counts()["calls"] == 3


def test_written_anew_is_read_from_the_start(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"), line("2"))
    place.run()
    path.write_bytes(line("4") + line("2") + line("5") + line("6"))
    place.run()
    assert [key for key, *_ in place.calls()] == ["1", "2", "4", "5", "6"]
    assert place.counts() == {"calls": 4}


def test_shortened(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"), line("2"), line("3"))
    place.run()
    path.write_bytes(line("9"))
    place.run()
    assert [key for key, *_ in place.calls()] == ["1", "2", "3", "9"]


def test_rows_outlive_their_log(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"))
    place.run()
    path.unlink()
    place.run()
    assert place.all()["requests"] == 1


def test_a_moved_log_is_the_same_calls(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"), line("2"))
    place.run()
    path.rename(path.with_name("archived.jsonl"))
    place.run()
    assert place.all()["requests"] == 2


def test_copies_in_other_logs_are_counted_and_said(place: Place) -> None:
    first = write(place.home, "z.jsonl", line("1"), line("2"))
    fork = write(place.home, "a.jsonl", line("1", session="fork"), line("2", session="fork"), line("3", session="fork"))
    os.utime(first, ns=(10**18, 10**18))
    os.utime(fork, ns=(2 * 10**18, 2 * 10**18))
    place.run()
    assert place.calls() == [
        ("1", 5, 1_790_000_000, "s"),
        ("2", 5, 1_790_000_000, "s"),
        ("3", 5, 1_790_000_000, "fork"),
    ]
    assert place.counts() == {"calls": 3, "copied": 2}
    write(place.home, "b.jsonl", line("1", session="later"), line("3", session="later"))
    place.run()
    assert place.counts() == {"calls": 3, "copied": 4}
    assert place.all()["requests"] == 3


def test_what_an_importer_skips_is_kept_with_its_reason(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1", skip=True), line("2"), b"{broken\n")
    place.run()
    append(path, line("3", skip=True))
    place.run()
    assert place.counts() == {"calls": 1, "told so": 2, "damaged": 1}


def test_a_log_that_cannot_be_read_does_not_stop_the_others(place: Place) -> None:
    bad = write(place.home, "a.jsonl", line("1"), line("2", **{"raise": True}))
    write(place.home, "b.jsonl", line("3"))
    place.run()
    assert [key for key, *_ in place.calls()] == ["1", "3"]  # and what was read of it before counts
    assert place.counts() == {"calls": 1, "unreadable": 1}
    assert place.run().read == 0
    bad.write_bytes(line("1"))
    place.run()
    assert place.counts() == {"calls": 2}


def test_no_permission(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"))
    write(place.home, "b.jsonl", line("2"))
    path.chmod(0)
    try:
        place.run()
    finally:
        path.chmod(0o600)
    assert "2" in [key for key, *_ in place.calls()]


def test_odd_files_are_no_logs(place: Place) -> None:
    folder = place.home / "plain"
    (folder / "folder.jsonl").mkdir(parents=True)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "empty.jsonl").touch()
    (folder / "gone.jsonl").symlink_to(folder / "nothing")
    write(place.home, "a.jsonl", line("1"))
    assert place.run().logs == {"plain": 2}
    assert place.all()["requests"] == 1


def test_the_same_file_by_two_ways_is_read_once(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"))
    (place.home / "plain" / "b.jsonl").symlink_to(path)
    place.run()
    assert place.counts() == {"calls": 1}
    place.run()
    assert place.all()["requests"] == 1


def test_many_rows_are_summed_as_one_by_one(place: Place) -> None:
    models = ("gpt-5.4", "glm-5", None)
    lines = [
        line(str(i), time=1_790_000_000 + 997 * i, model=models[i % 3], session=f"s{i % 7}", output=i, reasoning=i % 5)
        for i in range(1500)
    ]
    path = write(place.home, "a.jsonl", *lines)
    place.run()
    append(path, *(line(str(i), output=3000 + i, model="glm-5") for i in range(0, 1500, 3)))
    place.run()
    sums = "sum(answered), sum(input), sum(output), sum(reasoning)"
    calls = place.select("SELECT count(*), sum(input), sum(output), sum(reasoning) FROM calls")
    assert place.select(f"SELECT {sums} FROM sums") == calls
    for table in ("session_sums", "kind_totals", "hour_totals", "session_totals"):
        assert place.select(f"SELECT {sums} FROM {table}") == calls, table
    assert place.select("SELECT count(*) FROM unsummed") == [(0,)]


def test_two_imports_at_once(place: Place) -> None:
    for i in range(40):
        write(place.home, f"{i}.jsonl", *(line(f"{i}-{j}") for j in range(60)))
    threads = [threading.Thread(target=place.run, args=(Plain(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.all()["requests"] == 2400
    assert place.counts() == {"calls": 2400}


def test_numbers_and_text_that_sqlite_does_not_take(place: Place) -> None:
    write(place.home, "a.jsonl", line("1", input=2**70, model="half \ud800"), line("2"))
    place.run()
    assert place.select("SELECT key, input, model FROM calls ORDER BY key") == [
        ("1", None, "half ?"),
        ("2", 10, "gpt-5.4"),
    ]


def test_an_import_that_breaks_off_goes_on(place: Place) -> None:
    write(place.home, "a.jsonl", line("1"))
    with closing(open_ledger(place.ledger)) as conn:
        conn.execute("CREATE TRIGGER full BEFORE INSERT ON calls BEGIN SELECT raise(ABORT, 'no'); END")
    with pytest.raises(sqlite3.Error):
        place.run()
    assert place.select("SELECT * FROM logs") == []
    with closing(open_ledger(place.ledger)) as conn:
        conn.execute("DROP TRIGGER full")
    place.run()
    assert place.all()["requests"] == 1


def test_erased_calls_do_not_come_back(place: Place) -> None:
    path = write(place.home, "a.jsonl", line("1"), line("2", time=1_790_000_100))
    with closing(open_ledger(place.ledger)) as conn:
        conn.execute("INSERT INTO erased VALUES ('plain', 1790000050000)")
    place.run()
    path.write_bytes(line("1") + line("2", time=1_790_000_100) + line("3", time=1_790_000_200))
    place.run()
    assert [key for key, *_ in place.calls()] == ["2", "3"]


def test_two_agents(place: Place) -> None:
    write(place.home, "a.jsonl", line("1"))
    write(place.home, "a.jsonl", line("1"), importer="other")
    done = place.run(Plain(), Plain("other"))
    assert done.written.new == {"plain": 1, "other": 1}
    assert place.all()["requests"] == 2
