"""A file of environment variables, `NAME=value` a line, for a router that no shell starts: `serve --env-file`."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from agent_router.errors import ConfigError


def read(path: Path) -> dict[str, str]:
    """The variables of the file; none if it is not there. ConfigError if it cannot be read."""
    try:
        return parse(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} cannot be read: it is not UTF-8.") from None


def parse(text: str) -> dict[str, str]:
    """The variables of such a text, in the form of dotenv files; `$` stands for itself."""
    from dotenv import dotenv_values  # only for those who have such a file

    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def line(name: str, value: str) -> str:
    """`NAME='value'`, which `parse` reads as just that value. ConfigError for one that no variable can hold."""
    if "\0" in value:
        raise ConfigError(f"{name} holds a character that no environment variable can.")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'"


def apply(path: Path) -> list[str]:
    """Set the file's variables in this process where they are not set; what the user should know, a sentence each."""
    if not path.exists():
        return [f"{path}, which --env-file names, is not there: no variables are read from it."]
    for name, value in read(path).items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return [f"{path} may be read by others, and may hold keys: chmod 600 {path}"]
    return []
