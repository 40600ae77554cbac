"""Edits the user's configuration file: one value changes, everything else stays as it was written, comments too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from agent_router.errors import ConfigError
from agent_router.whole_file import write_whole


class ConfigFile:
    """The file at `path`, which need not exist yet. ConfigError if it cannot be read or edited."""

    def __init__(self, path: Path) -> None:
        # The file itself, where `path` is a link to it: dotfiles often are.
        self._path = Path(os.path.realpath(path))
        try:
            text = self._path.read_bytes().decode("utf-8-sig") if self._path.exists() else ""
            self._document = tomlkit.parse(text)
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            raise ConfigError(f"{path} cannot be edited: {error}.") from None

    @property
    def local_models(self) -> list[str]:
        """`[local] models`, as written."""
        return [str(entry) for entry in self._document.get("local", {}).get("models", [])]

    def add_local_model(self, path: Path, *, first: bool) -> None:
        """Put a file into `[local] models`. One that is there stays, or moves to the front if it is to be first."""
        there = self.local_models
        same = [i for i, entry in enumerate(there) if is_same(entry, path)]
        if same and (not first or same == [0]):
            return
        models = self._models()
        for i in reversed(same):
            del models[i]
        models.insert(0 if first else len(models), str(path))

    def remove_local_model(self, path: Path) -> None:
        """Take a file out of `[local] models`."""
        models = self._models()
        for i in reversed([i for i, entry in enumerate(self.local_models) if is_same(entry, path)]):
            del models[i]

    def _models(self) -> Any:
        local: Any = self._document.setdefault("local", tomlkit.table())
        return local.setdefault("models", tomlkit.array())

    def save(self) -> None:
        """Write the file, whole or not at all; it keeps its mode, and a new one is the user's own."""
        try:
            write_whole(self._path, tomlkit.dumps(self._document).encode())
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}.") from None


def is_same(entry: str | Path, path: Path) -> bool:
    """Whether an entry of the configuration names that file."""
    return os.path.normcase(os.path.abspath(os.path.expanduser(entry))) == os.path.normcase(path)
