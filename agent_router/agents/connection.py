"""Connections: what was written into an agent's settings, kept so that it can be taken back.

The record and a copy of each file as it was lie in the data folder. Taking back puts the copy in place where nobody has
touched the file since; else it takes out what was put in, value by value, and leaves everything else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from agent_router.agents.agent import Agent, Target
from agent_router.agents.machine import Machine
from agent_router.agents.settings import Edit, Settings, SettingsFile, read
from agent_router.errors import ConfigError
from agent_router.settings_files.place import Item
from agent_router.whole_file import write_whole


class _Written(msgspec.Struct):
    """One file of a connection. backup: the copy's name, None if there was no file; made: folders made for it."""

    path: str
    format: str
    backup: str | None
    after: str
    made: list[str]
    edits: list[dict[str, Any]]


class Record(msgspec.Struct):
    """One connection as it is kept. Times are UTC."""

    agent: str
    when: datetime
    url: str
    main: str | None
    background: str | None
    files: list[_Written]


@dataclass(frozen=True)
class Change:
    """What becomes of one file; None where it is not there."""

    path: Path
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True)
class Undone:
    """What taking back does with one file.

    how: `restored`, byte for byte as it was; `removed`, as it was not there; `edited` since, only our values are taken
    out; `kept`, since some of our values were changed by somebody (`left`); `gone`, nothing to do.
    """

    path: Path
    how: Literal["restored", "removed", "edited", "kept", "gone"]
    before: bytes | None
    after: bytes | None
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A connection that is not written yet."""

    agent: Agent
    target: Target
    changes: list[Change]
    settings: Settings
    originals: dict[Path, bytes | None]


class Connections:
    """The connections of this machine, in a folder of their own."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self._folder = folder
        self._machine = machine

    def names(self) -> list[str]:
        """The agents that are connected."""
        return sorted(path.stem for path in self._folder.glob("*.json")) if self._folder.is_dir() else []

    def record(self, name: str) -> Record | None:
        """What was written for this agent, None if it is not connected. ConfigError if the record is damaged."""
        content = read(self._folder / f"{name}.json")
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=Record)
        except msgspec.DecodeError as error:
            raise ConfigError(
                f"{self._folder / f'{name}.json'} is damaged ({error}). Take it away, then connect anew; the files as "
                f"they were are in {self.backups(name)}."
            ) from None

    def backups(self, name: str) -> Path:
        """The folder with the copies of this agent's files as they were."""
        return self._folder / name

    def plan(self, agent: Agent, target: Target) -> Plan:
        """What connecting would change. An earlier connection is taken back first, in thought."""
        undone = {each.path: each for each in self.undo_plan(agent.name)}
        originals = {path: each.after for path, each in undone.items() if each.how != "gone"}
        settings = Settings(self._machine, originals)
        agent.point(settings, target)
        changes = []
        for path, file in settings.files.items():
            originals.setdefault(path, file.content)
            now = undone[path].before if path in undone else file.content
            if file.changed != now:
                changes.append(Change(path, now, file.changed))
        changes += [
            Change(path, each.before, each.after)
            for path, each in undone.items()
            if path not in settings.files and each.before != each.after
        ]
        return Plan(agent, target, changes, settings, originals)

    def write(self, plan: Plan) -> None:
        """Connect. The record is there before the first file changes, so that a crash between can be taken back.

        ConfigError if a file is not what the plan was made of any more, or cannot be written; then nothing is changed.
        """
        name = plan.agent.name
        for change in plan.changes:
            if read(change.path) != change.before:
                raise ConfigError(f"{change.path} has changed just now. Nothing is written: try again.")
        earlier, before = self.record(name), read(self._folder / f"{name}.json")
        files = [self._written(name, *each, plan) for each in enumerate(plan.settings.files.values()) if each[1].edits]
        made = [folder for each in files for folder in each.made]
        if earlier is not None:  # folders that the earlier connection made are still ours to take away
            theirs = {each.path: each.made for each in earlier.files}
            for each in files:
                each.made = each.made or theirs.get(each.path, [])
        record = Record(name, datetime.now(UTC), plan.target.url, plan.target.main, plan.target.background, files)
        done: list[Change] = []
        try:
            for written in files:
                original = plan.originals[Path(written.path)]
                if written.backup is not None and original is not None:
                    write_whole(self.backups(name) / written.backup, original)
            write_whole(self._folder / f"{name}.json", json.dumps(msgspec.to_builtins(record), indent=2).encode())
            for change in plan.changes:
                _put(change.path, change.after)
                done.append(change)
        except OSError as error:
            self._give_up(name, done, made, before)
            raise _unwritable(error) from None

    def _written(self, name: str, number: int, file: SettingsFile, plan: Plan) -> _Written:
        return _Written(
            path=str(file.path),
            format=file.format,
            backup=None if plan.originals[file.path] is None else f"{number}-{file.path.name}",
            after=_digest(file.changed),
            made=[str(parent) for parent in file.path.parents if not parent.exists()],
            edits=[_kept(edit) for edit in file.edits],
        )

    def _give_up(self, name: str, done: list[Change], made: list[str], record: bytes | None) -> None:
        """Everything as it was before. Where even that fails, the new record stays: with it the rest is taken back."""
        try:
            for change in reversed(done):
                _put(change.path, change.before)
            _take_away(made)
            _put(self._folder / f"{name}.json", record)
            if record is None:
                shutil.rmtree(self.backups(name), ignore_errors=True)
        except OSError as error:
            raise ConfigError(f"{_unwritable(error)} Make room, then: agent-router disconnect {name}.") from None

    def undo_plan(self, name: str) -> list[Undone]:
        """What taking back would change, file by file."""
        record = self.record(name)
        return [] if record is None else [self._undone(name, each) for each in record.files]

    def undo(self, name: str) -> list[Undone]:
        """Take a connection back. What somebody has changed since stays, and is said."""
        record = self.record(name)
        if record is None:
            raise ConfigError(f"{name} is not connected.")
        undone = self.undo_plan(name)
        try:
            for each in undone:
                if each.before != each.after:
                    _put(each.path, each.after)
            for written in record.files:
                _take_away(written.made)
            _put(self._folder / f"{name}.json", None)
        except OSError as error:
            raise _unwritable(error) from None
        if not any(each.left for each in undone):  # else the copies are what is left to compare with
            shutil.rmtree(self.backups(name), ignore_errors=True)
        return undone

    def _undone(self, name: str, written: _Written) -> Undone:
        path = Path(written.path)
        now = read(path)
        original = None if written.backup is None else read(self.backups(name) / written.backup)
        if now is None or now == original:
            return Undone(path, "gone", now, now)
        if _digest(now) == written.after and (written.backup is None or original is not None):
            return Undone(path, "removed" if original is None else "restored", now, original)
        file = SettingsFile.opened(path, written.format, now)
        left = []
        for kept in reversed(written.edits):
            edit = _edit(kept)
            if not file.take_back(edit) and file.get(*edit.place) is not None:
                left.append(".".join(step if isinstance(step, str) else step.value for step in edit.place))
        file.edits.append(Edit((), None, None, 0))  # it was there: what is left of it stays a file
        return Undone(path, "kept" if left else "edited", now, file.changed, tuple(left))


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        Path(os.path.realpath(path)).unlink(missing_ok=True)  # a link is its owner's, what we wrote is behind it
    else:
        write_whole(path, content)


def _take_away(folders: list[str]) -> None:
    """The innermost first, as far as nothing else lies in them."""
    for folder in folders:
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            continue
        except OSError:
            break


def _unwritable(error: OSError) -> ConfigError:
    return ConfigError(f"{error.filename or 'A file'} cannot be written: {error.strerror}.")


def _digest(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _kept(edit: Edit) -> dict[str, Any]:
    place = [step if isinstance(step, str) else {"key": step.key, "value": step.value} for step in edit.place]
    return {"place": place, "value": edit.value, "before": edit.before, "there": edit.there, "mark": edit.mark}


def _edit(kept: dict[str, Any]) -> Edit:
    steps = tuple(step if isinstance(step, str) else Item(step["key"], step["value"]) for step in kept["place"])
    return Edit(steps, kept["value"], kept["before"], kept["there"], tuple(kept.get("mark", ())))


def _lines(content: bytes | None) -> list[str]:
    return [] if content is None else content.decode("utf-8", "replace").splitlines(keepends=True)


def diff(change: Change) -> Iterator[str]:
    """The lines of a unified diff."""
    import difflib

    old = str(change.path) if change.before is not None else "/dev/null"
    new = str(change.path) if change.after is not None else "/dev/null"
    for line in difflib.unified_diff(_lines(change.before), _lines(change.after), old, new):
        yield line.rstrip("\r\n")
