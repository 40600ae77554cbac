"""Where agents keep things: a home folder, the variables that move them elsewhere, and the platform's habits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Home(NamedTuple):
    """A user's home. `here()` is this user's."""

    folder: Path
    variables: Mapping[str, str]
    platform: str = sys.platform

    @classmethod
    def here(cls) -> Home:
        """This user's home. RuntimeError where none is known."""
        return cls(Path.home(), os.environ)

    def named(self, variable: str) -> Path | None:
        """The folder that an environment variable names; None where it is not set, or empty."""
        said = self.variables.get(variable, "").strip()
        if not said:
            return None
        return self.folder / said[2:] if said.startswith("~/") else Path(said)

    @property
    def data(self) -> Path:
        """XDG's data folder, `~/.local/share` where nothing else is said; command-line agents use it everywhere."""
        return self.named("XDG_DATA_HOME") or self.folder / ".local" / "share"

    @property
    def config(self) -> Path:
        """XDG's configuration folder, `~/.config` where nothing else is said."""
        return self.named("XDG_CONFIG_HOME") or self.folder / ".config"

    @property
    def applications(self) -> Path:
        """Where desktop programs (editors and their extensions) keep things on this platform."""
        if self.platform == "darwin":
            return self.folder / "Library" / "Application Support"
        if self.platform == "win32":
            return self.named("APPDATA") or self.folder / "AppData" / "Roaming"
        return self.config


def folders_in(folder: Path | str) -> list[str]:
    """The folders in a folder, by name; none where it cannot be looked into."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir())
    except OSError:
        return []


def files(folder: Path | str, *endings: str, deep: bool = True) -> Iterator[str]:
    """The files in a folder whose names end so, and with `deep` those in its folders; nothing where there is none.

    Links are followed, each folder once. What cannot be looked into is left out.
    """
    waiting = [os.fspath(folder)]
    try:
        top = os.stat(folder)
    except OSError:
        return
    seen = {(top.st_dev, top.st_ino)}
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.name.endswith(endings) and not entry.is_dir():
                        yield entry.path
                    elif deep and entry.is_dir():
                        if entry.is_symlink():
                            stat = entry.stat()
                            if (stat.st_dev, stat.st_ino) in seen:
                                continue
                            seen.add((stat.st_dev, stat.st_ino))
                        waiting.append(entry.path)
        except OSError:
            continue
