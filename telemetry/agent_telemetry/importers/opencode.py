"""opencode: `~/.local/share/opencode/`, a database since 1.2 (February 2026), before that a file a message.

A message of the assistant's is one model call: `tokens` with `input` and `output` without what `cache` and `reasoning`
hold (Session.getUsage of the sources). Before `finish` was written (November 2025), one message held all steps of an
answer, and its `tokens` those of the last step: there each part `step-finish` is a call. opencode 2 keeps messages in
the table `session_message`. Titles are asked for without a trace.

A fork copies messages under new ids, with their times and tokens: by these a call is known. A message that is still
written is known by what it was when it was first seen.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files, folders_in
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import Status, UsageRecord

_KNOWN: Final = frozenset(("input", "output", "reasoning", "cache", "total"))
_TABLES: Final = {
    b"message": "SELECT * FROM message WHERE instr(data, '\"tokens\"') ORDER BY id",
    b"session_message": "SELECT * FROM session_message WHERE instr(data, '\"tokens\"') ORDER BY id",
}
"""Originals before their copies: ids ascend."""
_PARTS: Final = "SELECT data FROM part WHERE message_id = ? AND instr(data, '\"step-finish\"') ORDER BY id"


class Tokens(NamedTuple):
    """A call's tokens in the ledger's buckets."""

    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int


class _Stored(NamedTuple):
    """A message as it is stored, what stands beside it, and what finds the tokens of its steps."""

    told: Any
    id: str | None
    session: str | None
    written: object
    steps: Callable[[], list[Any]]


class Opencode:
    """Looks in the folder of its name in XDG's data folder, and for the database that `variable` names. Kilo, a fork of
    it, has the same under its own name."""

    def __init__(self, name: str = "opencode", title: str = "opencode", *, variable: str = "OPENCODE_DB") -> None:
        self.name = name
        self.title = title
        self._variable = variable

    def folders(self, home: Home) -> list[Path]:
        return list(dict.fromkeys((home.data / self.name, home.folder / ".local" / "share" / self.name)))

    def logs(self, home: Home) -> Iterable[str]:
        found: dict[str, None] = {}
        for folder in self.folders(home):
            for path in files(folder, ".db", deep=False):
                if os.path.basename(path).startswith(self.name):
                    found.setdefault(path)
            for path in _legacy(folder):
                found.setdefault(path)
        if named := home.named(self._variable):
            found.setdefault(os.fspath(named if named.is_absolute() else home.data / self.name / named))
        return found

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if not log.name.endswith(".json"):
            yield from self._database(log)
            return
        told = log.json_document(b'"tokens"')
        if told is None:
            return
        folder, name = os.path.split(log.path)
        stored = _Stored(told, name.removesuffix(".json"), os.path.basename(folder), None, partial(_part_files, log))
        yield from self._calls(log, stored, {})

    def _database(self, log: Log) -> Iterator[UsageRecord]:
        """All messages each time, as they are written anew while they grow. Their parts are the bulk of a database."""
        keys: dict[str, str] = {}
        with log.database() as conn:
            conn.text_factory = bytes
            conn.row_factory = sqlite3.Row
            tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            parts = b"part" in tables
            try:
                for table, query in _TABLES.items():
                    for row in map(dict, conn.execute(query) if table in tables else ()):
                        try:
                            told = values.document(row["data"])
                        except (ValueError, AttributeError):
                            log.damaged()
                            continue
                        id, session = _text(row.get("id")), _text(row.get("session_id"))
                        steps = partial(_part_rows, conn, id) if parts else list
                        yield from self._calls(log, _Stored(told, id, session, row.get("time_created"), steps), keys)
            except sqlite3.OperationalError:
                raise  # locked, most likely: tried again
            except sqlite3.DatabaseError:
                log.damaged()

    def _calls(self, log: Log, stored: _Stored, keys: dict[str, str]) -> Iterator[UsageRecord]:
        """The calls that a message holds: one, or as many as its steps. `keys` are those of the messages that were read
        before, by their ids: opencode 2 took them over into its own table."""
        message = _message(stored.told)
        if message is None:
            return
        status = _status(message.get("error"))
        whole = _tokens(log, message["tokens"])
        calls = [whole] if "finish" in message else _steps(whole, [_tokens(None, part) for part in stored.steps()])
        calls = [each for each in calls if any(each)]
        if not calls:
            log.skipped("without tokens" if status == "ok" else "failed")
            return
        id = stored.id or text(message.get("id"))
        model, provider = text(message.get("modelID")), text(message.get("providerID"))
        time: Any = message.get("time")
        time = time if isinstance(time, dict) else {}
        created, completed = moment(time.get("created")), moment(time.get("completed"))
        now = fingerprint(created or id, completed, provider, model, *whole)
        key = keys.get(id or "") or _key(log.state, id, completed is not None, now)
        if id is not None:
            keys[id] = key
        at = created or moment(stored.written) or log.modified
        for number, tokens in enumerate(calls):
            yield UsageRecord(
                source=self.name,
                agent=self.name,
                key=f"{key}.{number}" if number else key,
                time=at,
                session=stored.session or text(message.get("sessionID")),
                model=model,
                provider=provider,
                status=status,
                **tokens._asdict(),
            )


def _message(told: Any) -> dict[str, Any] | None:
    """A message of the assistant's in the newest form; None for what is none. The first versions had most of it in
    `metadata`; opencode 2 has `model` with the provider in it."""
    if not isinstance(told, dict):
        return None
    metadata = told.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("assistant"), dict):
        kept = {name: metadata[name] for name in ("time", "error", "sessionID") if name in metadata}
        told = {"id": told.get("id"), **metadata["assistant"], **kept}
    elif told.get("role", "assistant") != "assistant":
        return None
    model = told.get("model")
    if isinstance(model, dict) and "modelID" not in told:
        told = {**told, "modelID": model.get("id") or model.get("modelID"), "providerID": model.get("providerID")}
    return told if isinstance(told.get("tokens"), dict) else None


def _tokens(log: Log | None, tokens: dict[str, Any]) -> Tokens:
    """The buckets. Where the total says that `output` contains what was reasoned, as it did with some providers before
    1.2, nothing is added to it."""
    cache = tokens.get("cache")
    read, write = (count(cache.get(name)) or 0 for name in ("read", "write")) if isinstance(cache, dict) else (0, 0)
    input, output, reasoning, total = (
        count(tokens.get(name)) or 0 for name in ("input", "output", "reasoning", "total")
    )
    if log is not None:
        for field in tokens.keys() - _KNOWN:
            if count(tokens[field]):
                log.unknown(f"tokens.{field}")
    within = 0 < reasoning <= output and total == input + read + write + output
    return Tokens(input, read, write, output if within else output + reasoning, reasoning)


def _steps(message: Tokens, parts: list[Tokens]) -> list[Tokens]:
    """The calls of a message: its steps, if these are all of it."""
    parts = [part for part in parts if any(part)]
    if len(parts) < 2 or sum(map(_size, parts)) < _size(message):
        return [message]
    return parts


def _size(tokens: Tokens) -> int:
    return tokens.input + tokens.cache_read + tokens.cache_write + tokens.output


def _key(state: dict[str, Any], id: str | None, finished: bool, now: str) -> str:
    """The message's key: what it was at first sight. `state` keeps it for those that still grow, and for the copies
    that are made of one afterwards."""
    growing: dict[str | None, str] = state.get("growing", {})
    grown: dict[str, str] = state.get("grown", {})
    key = growing.get(id) or grown.get(now) or now
    if key != now:
        state["grown"] = {**grown, now: key}
    if id is not None and not finished:
        growing[id] = key
        state["growing"] = growing
    else:
        growing.pop(id, None)
    return key


def _status(error: object) -> Status:
    if not error:
        return "ok"
    name = error.get("name") if isinstance(error, dict) else None
    return "cancelled" if name == "MessageAbortedError" else "error"


def _part_rows(conn: sqlite3.Connection, message: str | None) -> list[Any]:
    return _finished(row["data"] for row in conn.execute(_PARTS, [message]))


def _part_files(log: Log) -> list[Any]:
    """`storage/part/<message>/`, and with the first versions `storage/session/part/<session>/<message>/`."""
    message = Path(log.path)
    kept = message.parent.parent.parent / "part"
    found = []
    for folder in (kept / message.stem, kept / message.parent.name / message.stem):
        for part in sorted(files(folder, ".json", deep=False)):
            try:
                found.append(Path(part).read_bytes())
            except OSError:
                continue
    return _finished(found)


def _finished(parts: Iterable[bytes]) -> list[Any]:
    """The tokens of the steps that are among a message's parts."""
    found = []
    for part in parts:
        try:
            told = values.document(part) if b'"step-finish"' in part else None
        except ValueError:
            continue
        if isinstance(told, dict) and told.get("type") == "step-finish" and isinstance(told.get("tokens"), dict):
            found.append(told["tokens"])
    return found


def _text(value: object) -> str | None:
    return text(value.decode("utf-8", "replace")) if isinstance(value, bytes) else text(value)


def _legacy(folder: Path) -> Iterator[str]:
    yield from files(folder / "storage" / "message", ".json")
    for project in folders_in(folder / "project"):
        yield from files(os.path.join(project, "storage", "session", "message"), ".json")


IMPORTER: Final = Opencode()
