"""Reads the logs that changed: each one's calls once, and how far it was read."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any, Final, Literal

import msgspec
from msgspec import structs

from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.log_states import LogState, Stamp
from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord

WORTH_A_PROCESS: Final = 8_000_000
"""Bytes of logs from which on a second process reads them, while this one writes: it takes some 30 ms to begin."""
_TOGETHER: Final = 500  # rows that are sent at once

_log = logging.getLogger(__name__)


class Changed(msgspec.Struct):
    """A log to be read: where it is, what it is now, and how far it was read before."""

    path: str
    stamp: Stamp
    before: LogState


class _Row(UsageRecord, frozen=True, kw_only=True, array_like=True):
    """A row on its way from one process to another."""


class Reading(msgspec.Struct):
    """What a log holds that is new, each call once. `number` is its place among the changed ones, `failed` says that it
    could not be read, and whether that is for now only."""

    number: int
    fresh: bool
    offset: int
    mark: bytes
    state: dict[str, Any]
    counts: dict[str, int]
    rows: list[_Row]
    failed: Literal["", "damaged", "busy"] = ""


def readings(importers: Mapping[str, Importer], changed: list[Changed]) -> Iterator[Reading]:
    """What the changed logs hold, in their order. Of one that cannot be read the reading says so."""
    # A fork is quick, and safe where a program has one thread, as the command line has.
    alone = sys.platform == "linux" and threading.active_count() == 1 and os.cpu_count() != 1
    if alone and sum(each.stamp.size for each in changed) >= WORTH_A_PROCESS:
        yield from _in_another_process(importers, changed)
    else:
        yield from _read_all(importers, changed)


def _read_all(importers: Mapping[str, Importer], changed: Iterable[Changed]) -> Iterator[Reading]:
    for number, each in enumerate(changed):
        yield _read(importers[each.before.source], number, each)


def _read(importer: Importer, number: int, each: Changed) -> Reading:
    before = each.before
    log = Log(each.path, offset=before.offset, mark=before.mark, state=_copy(before.state), fresh=not before.offset)
    found: dict[str, UsageRecord] = {}
    repeats = 0
    try:
        for row in importer.read(log):
            there = found.get(row.key)
            if there is None:
                found[row.key] = row
            else:
                repeats += 1
                found[row.key] = merged(there, row)
    except Exception as fault:  # whatever is in a file: the others are read
        _log.debug("A log of %s cannot be read: %s", importer.name, type(fault).__name__)
        busy = isinstance(fault, OSError | sqlite3.OperationalError)
        return Reading(number, True, before.offset, before.mark, {}, {}, [], failed="busy" if busy else "damaged")
    if repeats:
        log.counts["repeated"] += repeats
    rows: list[Any] = list(found.values())
    return Reading(number, log.fresh, log.offset, log.mark, log.state, dict(log.counts), rows)


def _copy(state: dict[str, Any]) -> dict[str, Any]:
    """So that a reading that fails leaves no trace in the state before it."""
    copied: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(state))
    return copied


def _in_another_process(importers: Mapping[str, Importer], changed: list[Changed]) -> Iterator[Reading]:
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_send_all, args=(importers, changed, sending), daemon=True)
    process.start()
    sending.close()
    decoder = msgspec.msgpack.Decoder(list[Reading])
    done = 0
    try:
        while done < len(changed):
            for reading in decoder.decode(receiving.recv_bytes()):
                done = reading.number + 1
                yield reading
    except EOFError:
        # It was killed, for want of memory perhaps: what is left is read here.
        for number, each in enumerate(changed[done:], done):
            yield _read(importers[each.before.source], number, each)
    finally:
        receiving.close()
        process.join(1)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _send_all(importers: Mapping[str, Importer], changed: list[Changed], sending: Connection) -> None:
    encoder = msgspec.msgpack.Encoder()
    waiting: list[Reading] = []
    rows = 0
    try:
        for reading in _read_all(importers, changed):
            reading.rows = [structs.astuple(row) for row in reading.rows]  # type: ignore[misc]
            waiting.append(reading)
            rows += len(reading.rows) + 1
            if rows >= _TOGETHER:
                sending.send_bytes(encoder.encode(waiting))
                waiting, rows = [], 0
        if waiting:
            sending.send_bytes(encoder.encode(waiting))
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # nobody listens any more
    finally:
        sending.close()
        os._exit(0)  # nothing of the parent's is this process's to close
