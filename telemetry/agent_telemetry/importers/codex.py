"""Codex: `sessions/<year>/<month>/<day>/rollout-<time>-<thread>.jsonl` in its home, also compressed (`.zst`), and
`archived_sessions`. The command line, `exec`, the IDE extension and the app all write them.

**Calls.** After each answer an event `token_count` says the thread's total so far and what the last call used. It is
said again when limits change, so that it counts only where the total moved. What counts is `last_token_usage`: Codex
makes the total by adding it up (`TokenUsageInfo::append_last_usage`), while the total goes down or begins anew where
the context overflowed, after a compaction, and where an old version resumed a thread, and begins with the parent's in
a fork. After a compaction `last` may be an estimate without input and output; then the difference of the totals
counts, as it does where no `last` is told. Since 0.153 a `token_usage_record` comes first, once an answer, with its
id; the `token_count` of the same answer is left out then. `input_tokens` contains cached and cache-write tokens,
`output_tokens` contains reasoning.

**Copies.** A fork, and a sub-agent that is given its parent's history, begins with the parent's lines, mostly with
the time of the fork, often with the parent's `session_meta` too; newer forks only point to it (`history_base`). Copied
calls are left out, whether the parent's file is still there or not. Where the fork's own lines begin is told, in this
order, by lines that name a thread; by the turns' ids, which hold the time (UUID 7) and come before the thread's own id
in copies; by times before the fork's; by being equal to the parent's calls up to the fork's time, one by one; and,
where there is no parent's file, by having been written at once. The key is the thread's id with the call's figures:
the same in a moved, compressed or archived file; calls of equal figures in two threads are two calls.

Format: `codex-rs/protocol/src/protocol.rs`, `core/src/session/mod.rs` (`record_initial_history`) and
`core/src/agent/control` of its sources.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from agent_telemetry.importers import values, zstandard_text
from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import UsageRecord

Figures = tuple[int, int, int, int, int, int]
"""Input, the cached and the cache-write part of it, output, the reasoning part of it, and all together."""

_FIELDS: Final = (
    ("input_tokens",),
    ("cached_input_tokens", "cache_read_input_tokens"),
    ("cache_write_input_tokens", "cache_creation_input_tokens"),
    ("output_tokens",),
    ("reasoning_output_tokens",),
    ("total_tokens",),
)
_KNOWN: Final = frozenset(name for names in _FIELDS for name in names)
_WHOLE: Final = 4096  # bytes up to which a line is searched; of a longer one, only where its type can stand
_EDGE: Final = 320
_ID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_ENDINGS: Final = (".jsonl", ".jsonl.zst")
_AT_ONCE: Final = 1000  # milliseconds between copied lines
_ALMOST: Final = 2000  # the same, where they are equal to the parent's
_ID_FITS: Final = 600_000  # milliseconds between a thread's creation and the time in its id, if that is one
_OWED: Final = 32
_LISTED: Final = 5.0  # seconds for which the names of the threads' files are kept
_PARENTS: Final = 16  # threads whose calls are kept for their forks


class _Payload(msgspec.Struct):
    type: Any = None
    id: Any = None
    session_id: Any = None
    thread_id: Any = None
    turn_id: Any = None
    timestamp: Any = None
    model: Any = None
    model_name: Any = None
    model_provider: Any = None
    model_provider_id: Any = None
    thread_settings: Any = None
    forked_from_id: Any = None
    parent_thread_id: Any = None
    history_base: Any = None
    source: Any = None
    thread_source: Any = None
    info: Any = None
    usage: Any = None
    thread_token_usage: Any = None
    response_id: Any = None
    latest_token_usage_record: Any = None


class _Entry(msgspec.Struct):
    timestamp: Any = None
    type: Any = None
    payload: _Payload | None = None


_entries: Final = msgspec.json.Decoder(_Entry)


class Codex:
    """Looks in the home folder's `.codex`, and in the one that `CODEX_HOME` names instead of it."""

    name: Final = "codex"
    title: Final = "Codex"

    def folders(self, home: Home) -> list[Path]:
        homes = dict.fromkeys(each for each in (home.folder / ".codex", home.named("CODEX_HOME")) if each is not None)
        return [each / folder for each in homes for folder in ("sessions", "archived_sessions")]

    def logs(self, home: Home) -> Iterable[str]:
        found = dict.fromkeys(path for folder in self.folders(home) for path in files(folder, *_ENDINGS))
        return [path for path in found if path.removesuffix(".zst") == path or path.removesuffix(".zst") not in found]

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if log.name.endswith(".zst"):
            packed = log.document()
            log.state.clear()
            thread = _Thread(log)
            try:
                for line in zstandard_text.lines(packed):
                    if _matters(line) and (call := thread.call(line)) is not None:
                        yield call
            except ValueError:
                log.damaged()
            return
        reading: _Thread | None = None
        for block in log.blocks():
            if reading is None:  # a file that was written anew has lost its state by now
                reading = _Thread(log)
            for line in block.split(b"\n"):
                if _matters(line) and (call := reading.call(line)) is not None:
                    yield call


def _matters(line: bytes) -> bool:
    head = line[:_EDGE]
    if b'"response_item"' in head and b'"token_count"' not in head:
        return False
    if len(line) > _WHOLE:
        line = head + line[-_EDGE:]
    return (
        b'"token_count"' in line
        or b'"turn_context"' in line
        or b'"task_started"' in line
        or b'"token_usage_record"' in line
        or b'"session_meta"' in line
        or b'"thread_settings_applied"' in line
        or b'"turn_started"' in line
        or b'"compacted"' in head
    )


class _Thread:
    """One thread's lines in their order; what is known of it so far stands in `Log.state`."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._state = log.state
        self._looked = False  # for a model further down

    def call(self, line: bytes) -> UsageRecord | None:
        """The call that a line tells of."""
        entry = _entry(line, self._log)
        if entry is None or entry.payload is None:
            return None
        payload, kind = entry.payload, entry.type
        if kind == "event_msg" or payload.type == "token_count":
            kind = payload.type
        at = moment(entry.timestamp)
        if kind == "session_meta":
            self._meta(payload, at)
        elif kind == "turn_context":
            self._remember(payload.model or payload.model_name)
            self._turn(payload, at)
        elif kind in ("task_started", "turn_started"):
            self._state.pop("owed", None)
            self._turn(payload, at)
        elif kind == "thread_settings_applied":
            self._settings(payload, at)
        elif kind == "compacted":
            latest = payload.latest_token_usage_record
            if isinstance(latest, dict) and (thread := text(latest.get("thread_id"))) is not None:
                self._named(thread, at)
        elif kind == "token_usage_record":
            return self._recorded(payload, at)
        elif kind == "token_count":
            return self._counted(payload, at)
        return None

    # what the thread is

    def _meta(self, payload: _Payload, at: datetime | None) -> None:
        id = text(payload.id) or text(payload.session_id)
        state = self._state
        if id is not None and state.get("id", id) != id:  # its parent's, copied
            state["inherits"] = True
            if "fork" in state:
                state["fork"]["sure"] = True
                self._follows(at)
                state["fork"]["parent"] = state["fork"]["parent"] or id
            elif "total" not in state and "counted" not in state:
                self._forked(id, True, at)
            return
        if provider := text(payload.model_provider):
            state["provider"] = provider
        self._remember(payload.model)
        if "id" in state or id is None:
            return
        state["id"] = id
        created = moment(payload.timestamp) or at
        if created is not None:
            state["created"] = milliseconds(created)
            state.setdefault("time", state["created"])
        fork, parent = text(payload.forked_from_id), text(payload.parent_thread_id)
        spawned = payload.source.get("subagent") if isinstance(payload.source, dict) else None
        if isinstance(spawned, dict) and isinstance(spawned.get("thread_spawn"), dict):
            parent = parent or text(spawned["thread_spawn"].get("parent_thread_id"))
        if fork or payload.history_base is not None:
            state["inherits"] = True
        if payload.history_base is None and (fork or parent or spawned):
            self._forked(fork or parent, fork is not None, at)

    def _forked(self, parent: str | None, sure: bool, at: datetime | None) -> None:
        created = self._state.get("created")
        born = _born(self._state["id"])
        if born is None or created is None or abs(born - created) > _ID_FITS:
            born = None
        written = max(created or 0, milliseconds(at)) if at is not None else created
        told = {"parent": parent, "sure": sure, "created": created, "born": born, "written": written, "at": written}
        self._state["fork"] = told

    def _follows(self, at: datetime | None) -> None:
        """A line of the copy, when it was written."""
        fork = self._state["fork"]
        if at is not None and fork["at"] is not None and 0 <= milliseconds(at) - fork["at"] <= _AT_ONCE:
            fork["at"] = milliseconds(at)

    def _settings(self, payload: _Payload, at: datetime | None) -> None:
        if (thread := text(payload.thread_id)) is not None:
            self._named(thread, at)
        settings = payload.thread_settings
        if isinstance(settings, dict):
            self._remember(settings.get("model"))
            if provider := text(settings.get("model_provider_id")):
                self._state["provider"] = provider

    def _named(self, thread: str, at: datetime | None) -> None:
        """A line that belongs to a thread, and says which: the lines after it do too."""
        fork = self._state.get("fork")
        if thread == self._state.get("id"):
            self._state.pop("fork", None)
        elif fork is not None:
            fork["old"] = True
            fork["at"] = max(fork["at"] or 0, milliseconds(at)) if at is not None else fork["at"]

    def _turn(self, payload: _Payload, at: datetime | None) -> None:
        fork = self._state.get("fork")
        if fork is None:
            return
        self._follows(at)
        if fork["born"] is not None and (began := _born(payload.turn_id)) is not None:
            if began >= fork["born"]:
                del self._state["fork"]
            else:
                fork["old"] = True

    def _remember(self, model: object) -> None:
        if told := text(model):
            self._state["model"] = told

    # its calls

    def _recorded(self, payload: _Payload, at: datetime | None) -> UsageRecord | None:
        used, total = _figures(payload.usage), _figures(payload.thread_token_usage)
        thread = text(payload.thread_id)
        if thread is not None:
            if "id" not in self._state:
                self._state["id"] = thread
            self._named(thread, at)
            if thread != self._state["id"]:
                self._log.skipped("copied")
                return None
        if used is None:
            return None
        owed = self._state.setdefault("owed", [])
        owed.append(list(used))
        del owed[:-_OWED]
        self._state["recorded"] = True
        self._unknown(payload.usage)
        return self._record(at, total, used, payload)

    def _counted(self, payload: _Payload, at: datetime | None) -> UsageRecord | None:
        info = payload.info
        if isinstance(info, dict):
            self._remember(info.get("model") or info.get("model_name") or payload.model)
            total, last = _figures(info.get("total_token_usage")), _figures(info.get("last_token_usage"))
        else:
            total, last = None, _figures(payload.usage)
        state = self._state
        before = _known(state.get("total"))
        if total is None:
            if last is None or list(last) == state.get("last"):
                return None
            state["last"] = list(last)
            state["counted"] = state.get("counted", 0) + 1
        else:
            if total == before:
                return None
            if before is not None and _less(total, before):
                state["again"] = state.get("again", 0) + 1
            state["total"] = list(total)
        if self._copied(at, total, last):
            self._log.skipped("copied")
            return None
        if state.get("recorded"):
            owed = state.setdefault("owed", [])
            if owed or last is None or total is None or before is None or total != _sum(before, last):
                if last is not None and list(last) in owed:
                    del owed[: owed.index(list(last)) + 1]
                return None
        if total is not None and not (last and (last[0] or last[3])):
            if before is None and state.get("inherits"):
                return None  # what its parent used
            last = total if before is None or _less(total, before) else _difference(total, before)
        if last is None:
            return None
        if isinstance(info, dict):
            self._unknown(info.get("last_token_usage"))
        return self._record(at, total, last, payload)

    def _record(
        self, at: datetime | None, total: Figures | None, used: Figures, payload: _Payload
    ) -> UsageRecord | None:
        state = self._state
        if at is not None:
            state["time"] = milliseconds(at)
        input, read, write, output, reasoning = buckets(used)
        if not (input or read or write or output):
            self._log.skipped("without tokens")
            return None
        id = state.get("id") or _id_of(self._log.name)
        if "model" not in state and not self._looked:
            self._looked = True
            self._remember(_first_model(self._log.path))
        return UsageRecord(
            source=Codex.name,
            agent=Codex.name,
            key=fingerprint(
                id, state.get("again", 0), total or text(payload.response_id) or state.get("counted"), used
            ),
            time=at or self._last(),
            session=id,
            model=state.get("model"),
            provider=state.get("provider") or "openai",
            input=input,
            cache_read=read,
            cache_write=write,
            output=output,
            reasoning=reasoning,
            response_id=text(payload.response_id),
        )

    def _copied(self, at: datetime | None, total: Figures | None, last: Figures | None) -> bool:
        """Whether a call was made by the thread that this one was forked from."""
        fork = self._state.get("fork")
        if fork is None:
            return False
        now = milliseconds(at) if at is not None else fork["at"]
        passed = now - fork["at"] if now is not None and fork["at"] is not None else 0
        if fork.get("old") and (fork["born"] is not None or passed <= _ALMOST):
            fork["at"] = now
            return True
        created = fork["created"]
        if created is not None and now is not None and now < created:
            return True
        calls = _calls_of(self._log.path, fork["parent"])
        if calls is None:
            copied = passed <= _AT_ONCE and (fork["sure"] or _crowded(self._log.path))
        else:
            copied = passed <= _ALMOST and self._equal(calls, total, last)
        if copied:
            fork["at"] = now
        else:
            del self._state["fork"]
        return copied

    def _equal(self, calls: list[_Said], total: Figures | None, last: Figures | None) -> bool:
        """Whether the parent's calls go on with this one, up to the time of the fork."""
        fork = self._state["fork"]
        for place in range(fork.get("place", 0), len(calls)):
            when, *figures = calls[place]
            if when is not None and fork["written"] is not None and when > fork["written"] + _AT_ONCE:
                return False
            if figures == [total, last]:
                fork["place"] = place + 1
                return True
        return False

    def _unknown(self, usage: Any) -> None:
        for field in usage.keys() - _KNOWN if isinstance(usage, dict) else ():
            if count(usage[field]):
                self._log.unknown(f"usage.{field}")

    def _last(self) -> datetime:
        last = moment(self._state.get("time"))
        return last or self._log.modified


_Said = tuple[int | None, Figures | None, Figures | None]
"""When a call was told of, in milliseconds, the total after it, and what it used."""


def _entry(line: bytes, log: Log | None) -> _Entry | None:
    try:
        entry = _entries.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        entry = None
    if entry is not None and entry.payload is not None:
        return entry
    try:
        found = values.document(line)
    except ValueError:
        if log is not None:
            log.damaged()
        return None
    if not isinstance(found, dict):
        return None
    inner = next((found[name] for name in ("payload", "msg") if isinstance(found.get(name), dict)), found)
    try:
        payload = msgspec.convert(inner, _Payload)
    except (msgspec.ValidationError, RecursionError):
        return None
    if payload.type == "token_count" and payload.info is None:
        payload.usage = inner  # as it was before there was an `info`
    return _Entry(found.get("timestamp"), found.get("type"), payload)


def _figures(usage: Any) -> Figures | None:
    if not isinstance(usage, dict):
        return None
    get = usage.get
    usual: tuple[Any, ...] = (
        *(get("input_tokens"), get("cached_input_tokens")),
        get("cache_write_input_tokens", get("cache_creation_input_tokens", 0)),
        *(get("output_tokens"), get("reasoning_output_tokens"), get("total_tokens")),
    )
    if all(type(each) is int and 0 <= each <= values.MOST for each in usual):
        return usual
    found = [next((n for name in names if (n := count(usage.get(name))) is not None), None) for names in _FIELDS]
    if all(each is None for each in found):
        return None
    input, read, write, output, reasoning, total = (each or 0 for each in found)
    return input, read, write, output, reasoning, total


def _known(figures: Any) -> Figures | None:
    return tuple(figures) if figures is not None else None


def _less(one: Figures, other: Figures) -> bool:
    return any(mine < theirs for mine, theirs in zip(one, other, strict=True))


def _sum(one: Figures, other: Figures) -> Figures:
    return tuple(map(int.__add__, one, other))  # type: ignore[return-value]


def _difference(one: Figures, other: Figures) -> Figures:
    return tuple(map(int.__sub__, one, other))  # type: ignore[return-value]


def buckets(used: Figures) -> tuple[int, int, int, int, int]:
    """Fresh input, from the cache, into the cache, output and reasoning. A provider that counts the cached apart is
    told by the total."""
    input, read, write, output, reasoning, total = used
    if read + write and total == input + read + write + output:
        fresh = input
    else:
        read = min(read, input)
        write = min(write, input - read)
        fresh = input - read - write
    if reasoning > output:
        output += reasoning
    return fresh, read, write, output, reasoning


def _born(id: object) -> int | None:
    """The milliseconds since 1970 in a UUID of version 7."""
    if isinstance(id, str) and len(id) == 36 and id[14] == "7" and _ID.fullmatch(id):
        return int(id[:8] + id[9:13], 16)
    return None


def _id_of(name: str) -> str | None:
    found = _ID.findall(name)
    return found[-1].lower() if found else text(name.partition(".jsonl")[0])


def _lines(path: str) -> Iterator[bytes]:
    """A file's lines that matter; up to where it can be read."""
    try:
        with open(path, "rb") as file:
            lines = zstandard_text.lines(file.read()) if path.endswith(".zst") else file
            for line in lines:
                if _matters(line):
                    yield line
    except (OSError, ValueError):
        return


def _said(path: str) -> Iterator[_Said]:
    """The calls in a file, copied ones too."""
    before = None
    for line in _lines(path):
        if b'"token_count"' not in line or (entry := _entry(line, None)) is None or entry.payload is None:
            continue
        info = entry.payload.info
        if entry.payload.type != "token_count" or not isinstance(info, dict):
            continue
        total, last = _figures(info.get("total_token_usage")), _figures(info.get("last_token_usage"))
        if (total, last) == before:
            continue
        before = total, last
        at = moment(entry.timestamp)
        yield milliseconds(at) if at is not None else None, total, last


def _first_model(path: str) -> str | None:
    """The first model that a file names: for calls that come before it."""
    for line in _lines(path):
        entry = _entry(line, None)
        if entry is not None and entry.payload is not None:
            settings = entry.payload.thread_settings
            told = settings.get("model") if isinstance(settings, dict) else entry.payload.model
            if model := text(told):
                return model
    return None


def _crowded(path: str) -> bool:
    """Whether a file's first two calls were written at once, as no model answers."""
    times = [when for (when, *_), _ in zip(_said(path), range(2), strict=False)]
    return len(times) == 2 and None not in times and times[1] - times[0] < _AT_ONCE  # type: ignore[operator]


_threads: dict[str, tuple[float, dict[str, str]]] = {}
_calls: dict[tuple[str, int, int], list[_Said]] = {}


def _calls_of(beside: str, thread: str | None) -> list[_Said] | None:
    """The calls of a thread whose file lies in the same Codex home; None where there is none."""
    if thread is None or (path := _path_of(beside, thread)) is None:
        return None
    try:
        stat = os.stat(path)
    except OSError:
        return None
    stamp = path, stat.st_mtime_ns, stat.st_size
    if stamp not in _calls:
        while len(_calls) >= _PARENTS:
            del _calls[next(iter(_calls))]
        _calls[stamp] = list(_said(path))
    return _calls[stamp]


def _path_of(beside: str, thread: str) -> str | None:
    parts = Path(beside).parts
    root = next((place for place, part in enumerate(parts) if part in ("sessions", "archived_sessions")), None)
    if root is None:
        return None
    home, thread = os.path.join(*parts[:root]), thread.lower()
    listed, paths = _threads.get(home, (-_LISTED, {}))
    if thread not in paths and time.monotonic() - listed >= _LISTED:
        folders = (os.path.join(home, name) for name in ("archived_sessions", "sessions"))
        paths = {_id_of(os.path.basename(path)) or "": path for each in folders for path in files(each, *_ENDINGS)}
        _threads.clear()
        _threads[home] = time.monotonic(), paths
    if thread in paths:
        return paths[thread]
    return next((path for id, path in paths.items() if id.endswith(f"-{thread}")), None)


IMPORTER: Final = Codex()
