"""Signing in with the router's key, where one is demanded: a browser cannot send a header with a page's address."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable

from fastapi import Request, Response

from agent_dashboards.page_error import PageError
from agent_dashboards.posted_form import posted_form
from agent_dashboards.site import HEADERS, Site

PATH = "/sign-in"
LASTS_S = 30 * 24 * 3600
_WRONG_S = 0.5  # so long a wrong key waits for its answer
_OWN_ADDRESS = re.compile(r"/(?:[\x21\x23-\x5b\x5d-\x7e][\x21-\x7e]*)?")


class SignIn:
    """Who has the key is given a session: a time and a number under an HMAC, which tells nothing of the key.

    Nothing is stored, and a session outlives a restart; another key, or another `salt` (a secret of the installation,
    without which a weak key could be guessed from a session), ends them all.
    """

    def __init__(self, key: bytes, salt: bytes, now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._secret = hmac.digest(key, b"agent-router session\n" + salt, hashlib.sha256)
        self._now = now

    def is_key(self, given: str) -> bool:
        """Whether that is the key."""
        return hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._key)

    def cookie(self, host: str, *, secure: bool) -> str:
        """The Set-Cookie header of a new session, good for 30 days; `host` is the request's Host."""
        until, number = f"{int(self._now()) + LASTS_S:x}", secrets.token_hex(16)
        return _cookie(host, f"{until}.{number}.{self._mac(until, number)}", LASTS_S, secure=secure)

    def no_cookie(self, host: str, *, secure: bool) -> str:
        """The Set-Cookie header that ends a session in this browser."""
        return _cookie(host, "", 0, secure=secure)

    def holds(self, cookies: str, host: str) -> bool:
        """Whether a request's Cookie header has a session that was given here and is not over."""
        pairs = (pair.strip().partition("=") for pair in cookies.split(";"))  # others' cookies may be anything
        return any(name == _name(host) and self._is_session(value) for name, _, value in pairs)

    def _is_session(self, value: str) -> bool:
        until, _, rest = value.partition(".")
        number, _, mac = rest.partition(".")
        right = hmac.compare_digest(mac.encode("utf-8", "replace"), self._mac(until, number).encode())
        return right and int(until, 16) > self._now()

    def _mac(self, until: str, number: str) -> str:
        return hmac.digest(self._secret, f"{until}\n{number}".encode("utf-8", "replace"), hashlib.sha256).hex()


def _name(host: str) -> str:
    """Cookies belong to a host whatever the port; two routers on one machine must not sign each other out."""
    port = host.rpartition(":")[2]
    return f"agent-router-{port}" if port.isdecimal() and port.isascii() else "agent-router"


def _cookie(host: str, value: str, lasts: int, *, secure: bool) -> str:
    said = f"{_name(host)}={value}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict"
    return said + ("; Secure" if secure else "")


def add_sign_in(site: Site, sign_in: SignIn) -> None:
    """`/sign-in`, which `next` tells where to go then; `/sign-out`."""

    def form(request: Request, next: str, status: int = 401, problem: str = "") -> Response:
        values = {"token": site.tokens.make(PATH), "next": _own(next), "problem": problem}
        return site.render("sign_in.html", request, values, status)

    @site.router.get(PATH)
    async def show(request: Request) -> Response:
        return form(request, request.query_params.get("next", "/"))

    @site.router.post(PATH)
    async def enter(request: Request) -> Response:
        try:
            fields = await posted_form(request, site.tokens)
        except PageError as error:
            return form(request, "/", error.status, str(error))
        if not sign_in.is_key(fields.get("key", "")):
            await asyncio.sleep(_WRONG_S)
            return form(request, fields.get("next", "/"), 401, "That is not the key.")
        cookie = sign_in.cookie(request.headers.get("host", ""), secure=_secure(request))
        return Response(
            status_code=303, headers=HEADERS | {"location": _own(fields.get("next", "/")), "set-cookie": cookie}
        )

    @site.router.post("/sign-out")
    async def leave(request: Request) -> Response:
        try:
            await posted_form(request, site.tokens)
        except PageError as error:
            return site.fault(request, error, "/")
        cookie = sign_in.no_cookie(request.headers.get("host", ""), secure=_secure(request))
        return Response(status_code=303, headers=HEADERS | {"location": PATH, "set-cookie": cookie})

    site.offer_sign_out()


def _own(address: str) -> str:
    """An address on this router; anything else becomes the first page."""
    return address if _OWN_ADDRESS.fullmatch(address) and not address.startswith(("//", PATH)) else "/"


def _secure(request: Request) -> bool:
    """Whether the browser came by https, which a proxy in front may have taken off."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
