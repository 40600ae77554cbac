"""Who may call: loopback names only, no foreign pages, and a key where one is set.

A page of any site can make a browser send requests to 127.0.0.1, and DNS rebinding lets it read the answers. The
Host check stops rebinding, the Origin check cross-site requests. Source: OWASP on DNS rebinding and CSRF.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from agent_dashboards.sign_in import PATH as SIGN_IN
from agent_dashboards.sign_in import SignIn
from agent_router.addresses import host_of, is_any, is_loopback, normal
from agent_router.errors import ApiError, ConfigError
from agent_router.settings import Server

OPEN_PATHS = frozenset({"/healthz", "/api/hello", SIGN_IN})
_STATIC = "/static/"  # what the page for signing in is made of; there is nothing of the user's in it


class Gate:
    """Checks every request. ConfigError for a non-loopback host without an API key.

    `salt` is a secret of the installation, `ended` the file of sessions that were signed out. `sign_in` is there where
    a key is demanded: who has given it to a page may go without it where `is_page` says that a path is the pages', and
    nowhere else.
    """

    def __init__(self, server: Server, salt: bytes = b"", ended: Path = Path(os.devnull)) -> None:
        self._key = os.environ.get(server.api_key_env or "", "").strip().encode() or None
        if server.api_key_env and self._key is None:
            raise ConfigError(f"server.api_key_env names {server.api_key_env}, which is not set in the environment.")
        if not is_loopback(server.host) and self._key is None:
            raise ConfigError(
                f"server.host is {server.host}, which others can reach. Set api_key_env to the name of an environment "
                "variable that holds a key for your clients, or listen on 127.0.0.1."
            )
        self.sign_in = SignIn(self._key, salt, ended) if self._key is not None else None
        self.is_page: Callable[[str], bool] = lambda path: False
        self._hosts = {normal(server.host)} | {host_of(host) or normal(host) for host in server.allowed_hosts}
        # Bound to all addresses, the machine's own names cannot be known; the key protects instead.
        self._any_host = is_any(server.host) and not server.allowed_hosts

    def check(self, path: str, headers: Mapping[bytes, bytes], query: bytes = b"", method: str = "") -> None:
        """ApiError 403 for a foreign host or page, 401 without the key. Names of headers are lower-case."""
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._any_host and not self._is_own(host_of(host)):
            raise ApiError(
                403,
                "This host name is not served here. Use 127.0.0.1 or localhost, or add it to [server] allowed_hosts.",
                kind="permission_error",
                code="host_not_allowed",
            )
        if not self._same_site(headers, host):
            raise ApiError(
                403, "Pages of other sites may not call this endpoint.", kind="permission_error", code="cross_site"
            )
        if self._key is None or path in OPEN_PATHS or path.startswith(_STATIC):
            return
        if b"key=" in query and self.is_page(path):
            query = b""  # only Google's clients put it there; a page would repeat it in its links
        is_open = path == "/" and method == "HEAD"  # whether anybody is there tells nothing
        if not is_open and not self._has_key(headers, query) and not self._is_signed_in(path, headers, host):
            raise ApiError(
                401,
                "The API key is missing or wrong. Send it as `Authorization: Bearer …` or `x-api-key: …`.",
                kind="authentication_error",
                code="invalid_api_key",
            )

    def shows_sign_in(self, path: str, headers: Mapping[bytes, bytes]) -> bool:
        """Whether someone without the key is a person at a browser, who wants to see a page or sent its form."""
        return (
            self.sign_in is not None
            and b"text/html" in headers.get(b"accept", b"")
            and not any(name in headers for name in (b"authorization", b"x-api-key", b"x-goog-api-key"))
            and not path.startswith("/api/")
            and self.is_page(path)
        )

    def _is_signed_in(self, path: str, headers: Mapping[bytes, bytes], host: str) -> bool:
        cookies = headers.get(b"cookie")
        if cookies is None or self.sign_in is None or not self.is_page(path):
            return False
        return self.sign_in.holds(cookies.decode("latin-1"), host)

    def _is_own(self, host: str) -> bool:
        # An address cannot be rebound, so any spelling of loopback will do.
        return bool(host) and (host in self._hosts or is_loopback(host))

    def _same_site(self, headers: Mapping[bytes, bytes], host: str) -> bool:
        origin = headers.get(b"origin")
        if origin is not None:
            netloc = origin.decode("latin-1").partition("://")[2]
            # Its own page, under whatever name; where that name is not known, the key has to do.
            return self._is_own(host_of(netloc)) or (self._any_host and netloc.lower() == host.lower() != "")
        if headers.get(b"sec-fetch-site", b"").strip().lower() != b"cross-site":
            return True
        # Someone follows a link to the page: it changes nothing here, and the other site does not see the answer.
        return headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"

    def _has_key(self, headers: Mapping[bytes, bytes], query: bytes) -> bool:
        assert self._key is not None
        scheme, _, token = headers.get(b"authorization", b"").strip().partition(b" ")
        given = [token.strip()] if scheme.lower() == b"bearer" else []
        given += [headers.get(b"x-api-key", b"").strip(), headers.get(b"x-goog-api-key", b"").strip()]
        if b"key=" in query:  # Google's clients may put it there
            given += [value.encode() for name, value in parse_qsl(query.decode("latin-1")) if name == "key"]
        return any(hmac.compare_digest(key, self._key) for key in given)
