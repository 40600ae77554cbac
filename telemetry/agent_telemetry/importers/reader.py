"""Reads the logs that changed: each one's calls once, and how far it was read."""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, Final, Literal

import msgspec

from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.log_states import LogState, Stamp
from agent_telemetry.importers.logged_call import Enrich, Values, values
from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord

WORTH_A_PROCESS: Final = 8_000_000
"""Bytes of logs from which on a second process reads them, while this one writes: it takes some 30 ms to begin."""
_TOGETHER: Final = 500  # rows that are sent at once
_WAITING: Final = 64  # messages, of some 100 kB, that may wait to be written

_log = logging.getLogger(__name__)


class Changed(msgspec.Struct):
    """A log to be read: where it is, what it is now, and how far it was read before."""

    path: str
    stamp: Stamp
    before: LogState


class Reading(msgspec.Struct):
    """What a log holds that is new, each call once. `number` is its place among the changed ones, `failed` says that it
    could not be read, and whether that is for now only."""

    number: int
    fresh: bool
    offset: int
    mark: bytes
    state: dict[str, Any]
    counts: dict[str, int]
    rows: list[Values]
    failed: Literal["", "damaged", "busy"] = ""


def readings(
    importers: Mapping[str, Importer], changed: list[Changed], enrichment: Callable[[], Enrich]
) -> Iterator[Reading]:
    """What the changed logs hold, in their order. Of one that cannot be read the reading says so.

    `enrichment` makes what finds places and prices; it is asked where and when there is a call.
    """
    # A fork is quick, and safe where a program has one thread, as the command line has.
    alone = sys.platform == "linux" and threading.active_count() == 1 and os.cpu_count() != 1
    if alone and sum(each.stamp.size for each in changed) >= WORTH_A_PROCESS:
        yield from _in_another_process(importers, changed, enrichment)
    else:
        yield from _read_all(importers, changed, enrichment)


def _read_all(
    importers: Mapping[str, Importer], changed: list[Changed], enrichment: Callable[[], Enrich], begin: int = 0
) -> Iterator[Reading]:
    made = cache(enrichment)
    for number in range(begin, len(changed)):
        each = changed[number]
        yield _read(importers[each.before.source], number, each, made)


def _read(importer: Importer, number: int, each: Changed, enrichment: Callable[[], Enrich]) -> Reading:
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
    except Exception as fault:  # whatever is in a file: what was read of it counts, and the others are read
        _log.debug("A log of %s cannot be read to its end: %s", importer.name, type(fault).__name__)
        busy = isinstance(fault, OSError | sqlite3.OperationalError)
        rows = _rows(found, enrichment)
        return Reading(number, True, before.offset, before.mark, {}, {}, rows, failed="busy" if busy else "damaged")
    if repeats:
        log.counts["repeated"] += repeats
    rows = _rows(found, enrichment)
    return Reading(number, log.fresh, log.offset, log.mark, log.state, dict(log.counts), rows)


def _rows(found: Mapping[str, UsageRecord], enrichment: Callable[[], Enrich]) -> list[Values]:
    if not found:
        return []
    enrich = enrichment()
    return [values(enrich(row)) for row in found.values()]


def _copy(state: dict[str, Any]) -> dict[str, Any]:
    """So that a reading that fails leaves no trace in the state before it."""
    copied: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(state))
    return copied


def _in_another_process(
    importers: Mapping[str, Importer], changed: list[Changed], enrichment: Callable[[], Enrich]
) -> Iterator[Reading]:
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_send_all, args=(importers, changed, enrichment, sending), daemon=True)
    process.start()
    sending.close()
    decoder = msgspec.msgpack.Decoder(list[Reading])
    arrived: queue.Queue[bytes | None] = queue.Queue(_WAITING)
    # So that it need not wait while rows are written: a pipe holds less than that takes.
    thread = threading.Thread(target=_receive, args=(receiving, arrived), daemon=True)
    thread.start()
    done = 0
    try:
        while done < len(changed) and (message := arrived.get()) is not None:
            for reading in decoder.decode(message):
                done = reading.number + 1
                yield reading
        # It was killed, for want of memory perhaps: what is left is read here.
        yield from _read_all(importers, changed, enrichment, done)
    finally:
        process.join(1)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
        while thread.is_alive():  # it may wait for room
            with suppress(queue.Empty):
                arrived.get_nowait()
            thread.join(0.01)
        receiving.close()


def _receive(receiving: Connection, arrived: queue.Queue[bytes | None]) -> None:
    try:
        while True:
            arrived.put(receiving.recv_bytes())
    except (EOFError, OSError):
        arrived.put(None)


def _send_all(
    importers: Mapping[str, Importer], changed: list[Changed], enrichment: Callable[[], Enrich], sending: Connection
) -> None:
    encoder = msgspec.msgpack.Encoder()
    waiting: list[Reading] = []
    rows = 0
    try:
        for reading in _read_all(importers, changed, enrichment):
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
