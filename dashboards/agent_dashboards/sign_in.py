"""Signing in with the router's key, where one is demanded: a browser cannot send a header with a page's address."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fastapi import Request, Response

from agent_dashboards.page_error import PageError
from agent_dashboards.posted_form import posted_form
from agent_dashboards.site import HEADERS, Site
from agent_dashboards.wrong_keys import WrongKeys

PATH = "/sign-in"
LASTS_S = 30 * 24 * 3600
_SESSION = re.compile(r"(?P<until>[0-9a-f]{1,12})\.(?P<number>[0-9a-f]{32})\.(?P<mac>[0-9a-f]{64})")
_ENDED = re.compile(r"(?P<until>[0-9a-f]{1,12}) (?P<number>[0-9a-f]{32})")
_OWN_ADDRESS = re.compile(r"/(?:[\x21\x23-\x5b\x5d-\x7e][\x21-\x7e]*)?")


class SignIn:
    """Who has the key is given a session: a time and a number under an HMAC, which tells nothing of the key.

    A session outlives a restart; another key, or another `salt` (a secret of the installation, without which a weak
    key could be guessed from a session), ends them all. Only those that were signed out are kept until their time is
    over, a line each, in the file `ended`.
    """

    def __init__(self, key: bytes, salt: bytes, ended: Path, now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._secret = hmac.digest(key, b"agent-router session\n" + salt, hashlib.sha256)
        self._now = now
        self._file = ended
        self._ended = set(self._read())

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
        return any(True for _ in self._sessions(cookies, host))

    def end(self, cookies: str, host: str) -> None:
        """End the session of a request before its time, also for whoever else has got hold of the cookie."""
        for until, number in self._sessions(cookies, host):
            self._ended.add(number)
            # Where it cannot be written, it has ended all the same until the next start.
            with contextlib.suppress(OSError):
                descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(f"{until} {number}\n")

    def _sessions(self, cookies: str, host: str) -> Iterator[tuple[str, str]]:
        for pair in cookies.split(";"):  # others' cookies may be anything
            name, _, value = pair.strip().partition("=")
            session = _SESSION.fullmatch(value) if name == _name(host) else None
            if session is None or session["number"] in self._ended or int(session["until"], 16) <= self._now():
                continue
            if hmac.compare_digest(session["mac"], self._mac(session["until"], session["number"])):
                yield session["until"], session["number"]

    def _read(self) -> Iterator[str]:
        with contextlib.suppress(OSError):
            for line in self._file.read_text("ascii", "replace").splitlines():
                match = _ENDED.fullmatch(line)
                if match and int(match["until"], 16) > self._now():
                    yield match["number"]

    def _mac(self, until: str, number: str) -> str:
        return hmac.digest(self._secret, f"{until}\n{number}".encode(), hashlib.sha256).hex()


def _name(host: str) -> str:
    """Cookies belong to a host whatever the port; two routers on one machine must not sign each other out."""
    port = host.rpartition(":")[2]
    return f"agent-router-{port}" if port.isdecimal() and port.isascii() else "agent-router"


def _cookie(host: str, value: str, lasts: int, *, secure: bool) -> str:
    said = f"{_name(host)}={value}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict"
    return said + ("; Secure" if secure else "")


def add_sign_in(site: Site, sign_in: SignIn) -> None:
    """`/sign-in`, which `next` tells where to go then; `/sign-out`."""

    wrong = WrongKeys()

    def form(request: Request, next: str, status: int = 401, problem: str = "") -> Response:
        # The cookie does not come along with a link of another site, but with the next step from here.
        linked = request.headers.get("sec-fetch-site") == "cross-site"
        values = {"token": site.tokens.make(PATH), "next": _own(next), "problem": problem, "linked": linked}
        response = site.render("sign_in.html", request, values, status)
        if status == 401:
            response.headers["www-authenticate"] = 'Bearer realm="agent-router"'  # RFC 9110, section 11.6.1
        return response

    @site.router.get(PATH)
    async def show(request: Request) -> Response:
        next = request.query_params.get("next", "/")
        if sign_in.holds(request.headers.get("cookie", ""), request.headers.get("host", "")):
            return Response(status_code=303, headers=HEADERS | {"location": _own(next)})
        return form(request, next)

    @site.router.post(PATH)
    async def enter(request: Request) -> Response:
        try:
            fields = await posted_form(request, site.tokens)
        except PageError as error:
            return form(request, "/", error.status, str(error))
        address = request.client.host if request.client else ""
        if seconds := wrong.wait(address):
            response = form(request, fields.get("next", "/"), 429, "Too many wrong keys. Try again in a minute.")
            response.headers["retry-after"] = str(math.ceil(seconds))
            return response
        if not sign_in.is_key(fields.get("key", "")):
            wrong.add(address)
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
        sign_in.end(request.headers.get("cookie", ""), request.headers.get("host", ""))
        cookie = sign_in.no_cookie(request.headers.get("host", ""), secure=_secure(request))
        return Response(status_code=303, headers=HEADERS | {"location": PATH, "set-cookie": cookie})

    site.offer_sign_out()


def _own(address: str) -> str:
    """An address on this router; anything else becomes the first page."""
    return address if _OWN_ADDRESS.fullmatch(address) and not address.startswith(("//", PATH)) else "/"


def _secure(request: Request) -> bool:
    """Whether the browser came by https, which a proxy in front may have taken off."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
