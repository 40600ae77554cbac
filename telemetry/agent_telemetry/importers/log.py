"""A log of an agent, as an importer reads it: what is new in it, and what was found there that does not count."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from agent_telemetry.importers import values
from agent_telemetry.importers.log_database import reading

BLOCK: Final = 4 * 1024 * 1024
"""Bytes that are read at once; a longer line is read whole."""
LONGEST_LINE: Final = 64 * 1024 * 1024
_MARK: Final = 256  # bytes before the offset that must be as they were
_NAME: Final = re.compile(r"[^A-Za-z0-9_.\-]")


class Log:
    """One file of an agent.

    `state` is what the importer left there at the last reading (an empty dict at the first, and when the file was
    written anew): strings, numbers, lists and dicts. `fresh` says whether this reading begins at the file's start.
    """

    def __init__(
        self, path: str, *, offset: int = 0, mark: bytes = b"", state: dict[str, Any] | None = None, fresh: bool = True
    ) -> None:
        self.path = path
        self.offset = offset
        self.mark = mark
        self.state: dict[str, Any] = state if state is not None else {}
        self.fresh = fresh
        self.counts: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return os.path.basename(self.path)

    def skipped(self, why: str, number: int = 1) -> None:
        """What looked like a call and does not count, and why, in a few words of the importer's own ("synthetic")."""
        self.counts[why] += number

    def damaged(self, number: int = 1) -> None:
        """A line or a row that cannot be read."""
        self.counts["damaged"] += number

    def unknown(self, field: str) -> None:
        """A field or a kind of record that the importer does not know and that could mean tokens."""
        self.counts[f"unknown:{_NAME.sub('?', field[:60])}"] += 1

    def blocks(self) -> Iterator[bytes]:
        """What was appended since the last reading, as blocks of whole lines.

        A last line without its end comes too where it is whole JSON, and again at the next reading: the same call
        twice is one call. A half-written one waits. A line of more than 64 MiB is damaged.
        """
        with open(self.path, "rb") as file:
            if self.offset and not self._as_it_was(file.fileno()):
                self.offset, self.state, self.fresh = 0, {}, True
            file.seek(self.offset)
            rest, tail = b"", b""
            overlong = False
            while block := file.read(BLOCK):
                end = block.rfind(b"\n") + 1
                if not end:
                    rest += b"" if overlong else block
                    if len(rest) > LONGEST_LINE:
                        rest, overlong = b"", True
                        self.damaged()
                    continue
                if overlong:  # the end of the line that was too long
                    first = block.find(b"\n") + 1
                    block, end, overlong = block[first:], end - first, False
                whole = rest + block[:end] if rest else block[:end]
                rest = block[end:]
                tail = whole[-_MARK:]
                self._at(file.tell() - len(rest), tail)
                yield whole
            if rest.strip() and not overlong and _is_json(rest):
                yield rest

    def lines(self) -> Iterator[bytes]:
        """The lines of `blocks`, without their ends."""
        for block in self.blocks():
            yield from block.split(b"\n")

    @property
    def modified(self) -> datetime:
        """When the file was written last: the time of what tells none."""
        return datetime.fromtimestamp(os.stat(self.path).st_mtime, UTC)

    def json(self, line: bytes) -> Any:
        """What a line holds, or None; a damaged one is noted, and what was appended to it after a crash is read."""
        try:
            return values.document(line)
        except ValueError:
            self.damaged()
        rest = values.appended(line)
        return None if rest is None else values.document(rest)

    def json_document(self, mark: bytes) -> Any:
        """What the whole file holds, or None where `mark` is not in it; a damaged one is noted."""
        content = self.document()
        if mark not in content:
            return None
        try:
            return values.document(content)
        except ValueError:
            self.damaged()
            return None

    def document(self) -> bytes:
        """The whole file, for formats that are written anew each time."""
        self.fresh = True
        with open(self.path, "rb") as file:
            return file.read()

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The SQLite database that the file is, for reading only and without a trace beside it."""
        with reading(self.path) as conn:
            yield conn

    def _at(self, offset: int, before: bytes) -> None:
        self.offset = offset
        self.mark = hashlib.blake2b(before, digest_size=16).digest() + len(before).to_bytes(2, "big")

    def _as_it_was(self, file: int) -> bool:
        """Whether the bytes before the offset are those that were read: else the file was written anew."""
        length = int.from_bytes(self.mark[16:], "big")
        if not length or length > self.offset:
            return False
        os.lseek(file, self.offset - length, os.SEEK_SET)
        before = os.read(file, length)
        return hashlib.blake2b(before, digest_size=16).digest() == self.mark[:16]


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
