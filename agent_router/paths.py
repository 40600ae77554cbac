"""Where the configuration and the data of this user lie. Cheap to import: the status line asks on every turn."""

from __future__ import annotations

import os
from pathlib import Path

from agent_router.errors import ConfigError

APP = "agent-router"
PREFIX = "AGENT_ROUTER_"
"""What the router's own environment variables begin with."""
LEDGER = "ledger.sqlite3"
RESPONSES = "responses"
"""The folder of kept responses, in the data folder; only where `keep_text` is on."""


def config_path() -> Path:
    """`$AGENT_ROUTER_CONFIG`, else `config.toml` in the platform's config folder."""
    return _named(PREFIX + "CONFIG") or config_folder() / "config.toml"


def config_folder() -> Path:
    """The platform's config folder of agent-router, whatever the variables say."""
    import platformdirs  # half of what this module costs, and not needed where the variables are set

    return Path(platformdirs.user_config_dir(APP, appauthor=False))


def data_path() -> Path:
    """`$AGENT_ROUTER_DATA`, else the platform's data folder."""
    if named := _named(PREFIX + "DATA"):
        return named
    import platformdirs

    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def _named(variable: str) -> Path | None:
    named = os.environ.get(variable, "").strip()
    try:
        return Path(named).expanduser() if named else None
    except RuntimeError:
        raise ConfigError(f"{variable} is {named}, which begins with no known user's home folder.") from None
