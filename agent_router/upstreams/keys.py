"""API keys: from the environment or the system's keyring, read when needed, never shown."""

from __future__ import annotations

import os

from agent_router.settings import NO_KEY, Upstream
from agent_router.upstreams.reply import UpstreamFault


class Key:
    """An upstream's API key. `source` says where it comes from, without saying what it is."""

    def __init__(self, name: str, settings: Upstream) -> None:
        self._name = name
        self._settings = settings
        self._stored: str | None = None
        if settings.key_env:
            self.source = f"environment variable {settings.key_env}"
        elif settings.key_keyring:
            self.source = f"keyring entry {settings.key_keyring}"
        elif settings.key is not None:
            self.source = "the configuration file"
        else:
            self.source = "no key is configured"

    def __repr__(self) -> str:
        return f"Key({self.source})"

    @property
    def missing(self) -> bool:
        """Whether a key is configured that is not there."""
        configured = self._settings.key_env or self._settings.key_keyring or self._settings.key
        return bool(configured) and not self._read()

    def value(self) -> str | None:
        """The key; None for an upstream that needs none. UpstreamFault `no_key` if one is configured but missing."""
        found = self._read()
        if not found and (self._settings.key_env or self._settings.key_keyring):
            raise UpstreamFault(
                "no_key", f"Upstream {self._name} has no API key: set {self.source} and start again.", status=401
            )
        if found and not (found.isascii() and found.isprintable()):
            raise UpstreamFault(
                "no_key", f"The API key of upstream {self._name} ({self.source}) holds what no header can.", status=401
            )
        return found

    def _read(self) -> str | None:
        if self._settings.key is not None:
            return self._settings.key.get_secret_value().strip() or None
        if self._settings.key_env:
            found = os.environ.get(self._settings.key_env, "").strip()
            return found if found not in ("", NO_KEY) else None
        if self._settings.key_keyring and self._stored is None:
            import keyring  # slow to load, and asks the desktop: only for those who use it

            service, _, user = self._settings.key_keyring.partition("/")
            try:
                self._stored = keyring.get_password(service, user)
            except keyring.errors.KeyringError:
                return None
        return self._stored
