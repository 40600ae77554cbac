"""A log in pieces is the log at once, whatever is in it and wherever it was cut."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_telemetry.importers import log as log_module
from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.log_database import reading

_LINE = st.one_of(
    st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"")),
    st.sampled_from([b'{"a": 1}', b"", b"\r", b'{"a": "\xc3', b"\x00\x00"]),
)


def again(log: Log) -> Log:
    """What the next reading begins with."""
    return Log(log.path, offset=log.offset, mark=log.mark, state=log.state, fresh=not log.offset)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=st.lists(_LINE, max_size=12), cuts=st.lists(st.integers(0, 200), max_size=4), block=st.integers(1, 30))
def test_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], cuts: list[int], block: int
) -> None:
    monkeypatch.setattr(log_module, "BLOCK", block)
    whole = b"".join(line + b"\n" for line in lines)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"")
    log = Log(str(path))
    found = b""
    for cut in [*sorted(min(cut, len(whole)) for cut in cuts), len(whole)]:
        path.write_bytes(whole[:cut])
        log = again(log)
        read = b"".join(log.blocks())
        assert whole[len(found) :].startswith(read)
        found = whole[: log.offset]
        assert found == b"" or found.endswith(b"\n")
    assert found == whole


def test_a_whole_last_line_comes_at_once_and_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b": 2}')
    log = Log(str(path))
    assert list(log.blocks()) == [b'{"a": 1}\n', b'{"b": 2}']
    log = again(log)
    assert list(log.blocks()) == [b'{"b": 2}']
    path.write_bytes(b'{"a": 1}\n{"b": 2}\n')
    assert list(again(log).blocks()) == [b'{"b": 2}\n']


@pytest.mark.parametrize("rest", [b'{"b": ', b'{"b": 2', b"12 34", b'"\xff"', b"[" * 100_000])
def test_a_half_written_line_waits(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n" + rest)
    assert list(Log(str(path)).blocks()) == [b"{}\n"]


@pytest.mark.parametrize("now", [b"other 1\nother 2\nother 3\n", b"", b"{}\n{}\n", b"x"])
def test_written_anew_begins_anew(tmp_path: Path, now: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"line 1\nline 2\n")
    log = Log(str(path))
    list(log.blocks())
    log.state["seen"] = 2
    path.write_bytes(now)
    log = again(log)
    assert b"".join(log.blocks()) == (now if now.endswith(b"\n") else b"")
    assert (log.fresh, log.state) == (True, {})


def test_a_line_that_is_too_long_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "BLOCK", 10)
    monkeypatch.setattr(log_module, "LONGEST_LINE", 50)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"first\n" + b"x" * 200 + b"\nlast\nmore\n")
    log = Log(str(path))
    assert b"".join(log.blocks()) == b"first\nlast\nmore\n"
    assert log.counts == {"damaged": 1}
    assert log.offset == path.stat().st_size


def test_names_of_fields_are_no_text(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "a"))
    log.unknown("usage.new_tokens")
    log.unknown("a b@c.de/" + "x" * 100)
    assert log.counts == {"unknown:usage.new_tokens": 1, f"unknown:a?b?c.de?{'x' * 51}": 1}


def _database(path: Path, mode: str) -> sqlite3.Connection:
    conn = sqlite3.connect(path)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()
    return conn


def _there(folder: Path) -> dict[str, Any]:
    return {
        each.name: (each.stat().st_mtime_ns, each.read_bytes()) for each in folder.iterdir() if each.suffix != ".db-shm"
    }


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("running", [True, False])
def test_a_database_is_left_as_it_is(tmp_path: Path, mode: str, running: bool) -> None:
    path = tmp_path / "a.db"
    conn = _database(path, mode)
    if not running:
        conn.close()
    before = _there(tmp_path), tmp_path.stat().st_mtime_ns
    with reading(str(path)) as found:
        assert found.execute("SELECT a FROM t").fetchall() == [(1,)]
        with pytest.raises(sqlite3.OperationalError):
            found.execute("DELETE FROM t")
    assert (_there(tmp_path), tmp_path.stat().st_mtime_ns) == before
    conn.close()


def test_what_a_crash_left_is_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    with closing(_database(tmp_path / "a.db", "wal")):
        for name in ("a.db", "a.db-wal"):
            (folder / name).write_bytes((tmp_path / name).read_bytes())
    before = _there(folder)
    with reading(str(folder / "a.db")) as found:
        assert found.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert _there(folder) == before


def test_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(sqlite3.DatabaseError), reading(str(tmp_path / "a.db")):
        pass
    with pytest.raises((sqlite3.Error, OSError)), reading(str(tmp_path / "b.db")):
        pass
    assert not (tmp_path / "b.db").exists()


def test_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("1.jsonl", "a/2.jsonl", "a/b/3.json", "a/b/4.txt"):
        (tmp_path / name).touch()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "folder.jsonl").mkdir()
    (tmp_path / "a" / "folder.jsonl" / "5.jsonl").touch()

    def found(*endings: str, deep: bool = True) -> set[str]:
        return {str(Path(path).relative_to(tmp_path)) for path in files(tmp_path, *endings, deep=deep)}

    assert found(".jsonl", ".json") == {"1.jsonl", "a/2.jsonl", "a/b/3.json", "a/folder.jsonl/5.jsonl"}
    assert found(".jsonl", deep=False) == {"1.jsonl"}
    assert list(files(tmp_path / "nowhere", ".jsonl")) == []


def test_where_things_are_kept() -> None:
    home = Home(Path("/home/u"), {"XDG_DATA_HOME": "/data", "CODEX_HOME": "~/codex", "EMPTY": " "}, "linux")
    assert home.data == Path("/data")
    assert home.config == home.applications == Path("/home/u/.config")
    assert home.named("CODEX_HOME") == Path("/home/u/codex")
    assert home.named("EMPTY") is home.named("MISSING") is None
    assert Home(Path("/u"), {}, "darwin").applications == Path("/u/Library/Application Support")
    assert Home(Path("/u"), {"APPDATA": "/r"}, "win32").applications == Path("/r")
