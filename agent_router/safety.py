"""Who may call: loopback names only, no foreign pages, and a key where one is set.

A page of any site can make a browser send requests to 127.0.0.1, and DNS rebinding lets it read the answers. The
Host check stops rebinding, the Origin check cross-site requests. Source: OWASP on DNS rebinding and CSRF.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from agent_router.config import Server
from agent_router.errors import ApiError, ConfigError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
OPEN_PATHS = frozenset({"/healthz"})


def is_loopback(host: str) -> bool:
    """Whether an address to bind is this machine's own only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Gate:
    """Checks every request. ConfigError for a non-loopback host without an API key."""

    def __init__(self, server: Server) -> None:
        self._key = os.environ.get(server.api_key_env or "", "").strip().encode() or None
        if server.api_key_env and self._key is None:
            raise ConfigError(f"server.api_key_env names {server.api_key_env}, which is not set in the environment.")
        if not is_loopback(server.host) and self._key is None:
            raise ConfigError(
                f"server.host is {server.host}, which others can reach. Set api_key_env to the name of an environment "
                "variable that holds a key for your clients, or listen on 127.0.0.1."
            )
        self._hosts = _LOOPBACK | {host.lower() for host in server.allowed_hosts} | {server.host.lower()}
        # Bound to all addresses, the machine's own names cannot be known; the key protects instead.
        self._any_host = server.host in ("0.0.0.0", "::") and not server.allowed_hosts

    def check(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        """ApiError 403 for a foreign host or page, 401 without the key."""
        if not self._any_host and _host(headers.get(b"host", b"").decode("latin-1")) not in self._hosts:
            raise ApiError(
                403,
                "This host name is not served here. Use 127.0.0.1 or localhost, or add it to [server] allowed_hosts.",
                kind="permission_error",
                code="host_not_allowed",
            )
        if headers.get(b"sec-fetch-site") == b"cross-site" or not self._same_site(headers.get(b"origin")):
            raise ApiError(
                403, "Pages of other sites may not call this endpoint.", kind="permission_error", code="cross_site"
            )
        if self._key is not None and path not in OPEN_PATHS and not self._has_key(headers):
            raise ApiError(
                401,
                "The API key is missing or wrong. Send it as `Authorization: Bearer …`.",
                kind="authentication_error",
                code="invalid_api_key",
            )

    def _same_site(self, origin: bytes | None) -> bool:
        if origin is None:
            return True
        return _host(urlsplit(origin.decode("latin-1")).netloc) in self._hosts

    def _has_key(self, headers: Mapping[bytes, bytes]) -> bool:
        assert self._key is not None
        given = headers.get(b"authorization", b"")
        token = given[7:].strip() if given[:7].lower() == b"bearer " else headers.get(b"x-api-key", b"")
        return hmac.compare_digest(token, self._key)


def _host(netloc: str) -> str:
    """The name in `name:port`, lower case; IPv6 without brackets."""
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0].lower()
    return netloc.partition(":")[0].lower()
