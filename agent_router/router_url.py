"""Where this user's router is, for programs that only ask it. Reads no more of the configuration than that."""

from __future__ import annotations

import os
import tomllib
from typing import Any

from agent_router.addresses import url_of
from agent_router.errors import ConfigError
from agent_router.paths import PREFIX, config_path

HOST, PORT = "127.0.0.1", 8484


def router_url() -> str:
    """`$AGENT_ROUTER_URL`, else what `[server]` of the configuration says: an address without a path or a last slash.

    Whatever cannot be read counts as not said: the router itself says what is wrong with it.
    """
    named = os.environ.get(PREFIX + "URL", "").strip().rstrip("/").removesuffix("/v1").rstrip("/")
    if named:
        return named if "://" in named else f"http://{named}"
    server = _server()
    host = _variable("SERVER__HOST") or server.get("host")
    port = _variable("SERVER__PORT") or server.get("port")
    return url_of(host if isinstance(host, str) and host else HOST, port or PORT)


def key_variable() -> str | None:
    """The name of the variable that holds the key which the router demands of its callers; None if it demands none."""
    name = _variable("SERVER__API_KEY_ENV") or _server().get("api_key_env")
    return name if isinstance(name, str) and name else None


def _variable(key: str) -> str:
    return os.environ.get(PREFIX + key, "").strip()


def _server() -> dict[str, Any]:
    try:
        with config_path().open("rb") as file:
            server = tomllib.load(file).get("server")
    except (OSError, ValueError, ConfigError):  # no TOML and no UTF-8 are both a ValueError
        return {}
    return server if isinstance(server, dict) else {}
