"""Where a user's settings lie."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

System = Literal["linux", "darwin", "windows"]


@dataclass(frozen=True)
class Machine:
    """The user's home, environment and operating system: all that the place of a settings file depends on."""

    home: Path
    environment: Mapping[str, str]
    system: System

    @classmethod
    def this(cls) -> Machine:
        """The one that this runs on."""
        system: System = "windows" if sys.platform == "win32" else "darwin" if sys.platform == "darwin" else "linux"
        return cls(Path.home(), os.environ, system)

    def folder(self, variable: str, *default: str) -> Path:
        """The folder that a variable names, else one in the user's home."""
        named = self.environment.get(variable)
        return self.expanded(named) if named else self.home.joinpath(*default)

    def expanded(self, path: str) -> Path:
        """A path as a user writes it, with `~` for the home."""
        return self.home / path[2:] if path.startswith(("~/", "~\\")) else Path(path)

    def config(self, *parts: str) -> Path:
        """Something in the folder for configuration: XDG's on every system, as most agents have it."""
        return self.folder("XDG_CONFIG_HOME", ".config").joinpath(*parts)
