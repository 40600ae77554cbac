"""An agent's settings files while they are being changed: read once, edited as texts, written by the connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_router.agents.machine import Machine
from agent_router.errors import ConfigError
from agent_router.settings_files.block_text import BlockText
from agent_router.settings_files.env_text import EnvText
from agent_router.settings_files.json_text import JsonText
from agent_router.settings_files.line_text import LineText
from agent_router.settings_files.place import MISSING, Place, SettingsFormatError, SettingsText, words
from agent_router.settings_files.plain import others, same, with_value
from agent_router.settings_files.toml_text import TomlText
from agent_router.settings_files.yaml_text import YamlText

FORMATS: dict[str, Callable[[str], SettingsText]] = {
    "json": JsonText,
    "toml": TomlText,
    "yaml": YamlText,
    "env": EnvText,
    "block": BlockText,
    "line": LineText,
}
# In a shell's file only our own lines are read: the others may be in any encoding.
_ERRORS = dict.fromkeys(FORMATS, "strict") | {"block": "surrogateescape"}


@dataclass(frozen=True)
class Edit:
    """One value that was put into a file.

    before: what was written there, None if nothing was; there: how many steps of `place` were there already.
    mark: where in a table the value stands that shows it to be still ours, whatever else an agent writes into it.
    """

    place: Place
    value: Any
    before: str | None
    there: int
    mark: tuple[str, ...] = ()


@dataclass
class SettingsFile:
    """One file. content: its bytes as they were found, None if it is not there."""

    path: Path
    format: str
    content: bytes | None
    _text: SettingsText
    edits: list[Edit] = field(default_factory=list)

    @classmethod
    def opened(cls, path: Path, format: str, content: bytes | None) -> SettingsFile:
        """ConfigError if the content is not of this format: then nobody may edit it."""
        try:
            text = FORMATS[format]((content or b"").decode("utf-8", _ERRORS[format]))
        except (SettingsFormatError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be edited: {error}. Mend it, then try again.") from None
        return cls(path, format, content, text)

    def get(self, *place: Any, default: Any = None) -> Any:
        """The value there, or `default`."""
        value = self._text.get(place)
        return default if value is MISSING else value

    def set(self, *place: Any, value: Any, mark: tuple[str, ...] = ()) -> None:
        """Put a value there. ConfigError if there is no room for it, or if anything else would change with it."""
        there = len(place)
        while there and self._text.get(place[:there]) is MISSING:
            there -= 1
        before = self._text.raw(place)
        if before is not None and self._text.get(place) == value:
            return
        try:
            wanted = with_value(self._text.get(()), place, value)
            self._text.set(place, value)
            if not same(self._text.get(()), wanted):
                raise SettingsFormatError(f"{words(place)} cannot be changed without something else")
        except SettingsFormatError as error:
            raise ConfigError(f"{self.path} cannot be edited: {error}.") from None
        self.edits.append(Edit(place, value, before, there, mark))

    def take_back(self, edit: Edit) -> bool:
        """Undo one edit; False if something else is there by now, which then stays."""
        if not self._is_ours(edit):
            return False
        text, rest = self._text.text, others(self._text.get(()), edit.place)
        try:
            self._without(edit)
            if same(others(self._text.get(()), edit.place), rest):
                return True
        except SettingsFormatError:
            pass
        self._text = FORMATS[self.format](text)
        return False

    def _without(self, edit: Edit) -> None:
        if edit.before is not None:
            self._text.put_raw(edit.place, edit.before)
            return
        self._text.remove(edit.place)
        for length in range(len(edit.place) - 1, edit.there, -1):
            if self._text.get(edit.place[:length]) not in ({}, []):
                break
            self._text.remove(edit.place[:length])

    def _is_ours(self, edit: Edit) -> bool:
        now, written = self._text.get(edit.place), edit.value
        for step in edit.mark:
            now = now.get(step, MISSING) if isinstance(now, dict) else MISSING
            written = written[step]
        return bool(now == written)

    @property
    def changed(self) -> bytes | None:
        """The content now; None if nothing is in it that was not in a file that is not there."""
        if not self.edits and self.content is None:
            return None
        return self._text.text.encode("utf-8", _ERRORS[self.format])


class Settings:
    """The files of one agent. `found` stands in for what is on disk, file by file."""

    def __init__(self, machine: Machine, found: Mapping[Path, bytes | None] | None = None) -> None:
        self.machine = machine
        self.files: dict[Path, SettingsFile] = {}
        self._found = found or {}

    def open(self, path: Path, format: str) -> SettingsFile:
        """A file, read at the first call. ConfigError if it cannot be read or is broken."""
        path = Path(os.path.abspath(path))
        if path not in self.files:
            content = self._found[path] if path in self._found else read(path)
            self.files[path] = SettingsFile.opened(path, format, content)
        return self.files[path]

    def json(self, path: Path) -> SettingsFile:
        """JSON, with comments or without."""
        return self.open(path, "json")

    def toml(self, path: Path) -> SettingsFile:
        """TOML."""
        return self.open(path, "toml")

    def yaml(self, path: Path) -> SettingsFile:
        """YAML."""
        return self.open(path, "yaml")

    def env(self, path: Path) -> SettingsFile:
        """`NAME=value` lines."""
        return self.open(path, "env")

    def block(self, path: Path) -> SettingsFile:
        """A file that may have a block of ours."""
        return self.open(path, "block")

    def line(self, path: Path) -> SettingsFile:
        """A file of one value."""
        return self.open(path, "line")


def read(path: Path) -> bytes | None:
    """A file's content, None if it is not there. ConfigError if it cannot be read."""
    if path.is_fifo():  # as some keepers of secrets put one in place of a `.env`: nobody may be at its other end
        raise ConfigError(f"{path} cannot be edited: it is a pipe of another program.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
