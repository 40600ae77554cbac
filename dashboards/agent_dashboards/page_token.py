"""Proof that a form was sent from a page of this router: a token that only its pages carry."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

LASTS_S = 12 * 3600


class PageTokens:
    """Tokens for the forms of one process, each for one address. A page of another site cannot read them.

    They are HMACs under a secret that the process makes, so that nothing is stored, and a restart ends them. Source:
    OWASP, Cross-Site Request Forgery Prevention, "HMAC-based token pattern".
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._secret = secrets.token_bytes(32)
        self._now = now

    def make(self, action: str) -> str:
        """A token for the form that is sent to the path `action` (as it is once percent-decoded), good for 12 hours."""
        until = f"{int(self._now()) + LASTS_S:x}"
        return f"{until}.{self._mac(until, action)}"

    def holds(self, action: str, token: str) -> bool:
        """Whether a token was made here for this action, and not too long ago."""
        until, _, mac = token.partition(".")
        right = hmac.compare_digest(mac.encode("utf-8", "replace"), self._mac(until, action).encode())
        return right and int(until, 16) > self._now()

    def _mac(self, until: str, action: str) -> str:
        said = f"{until}\n{action}".encode("utf-8", "replace")
        return hmac.digest(self._secret, said, hashlib.sha256).hex()
